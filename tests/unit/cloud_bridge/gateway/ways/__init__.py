"""Tests of the ways to customers."""
