"""What each command of `ovenbell` takes and says, by what it is for; what it needs it imports when it runs."""
