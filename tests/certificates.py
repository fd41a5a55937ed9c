"""Certificates for tests: an authority of one's own and what it signs, made with openssl."""

import subprocess
from pathlib import Path
from typing import NamedTuple

NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc")


class Certificate(NamedTuple):
    """A certificate and its key, as files."""

    cert_file: str
    key_file: str


class Authority:
    """Signs certificates; its own is what the others must trust."""

    def __init__(self, directory: Path, name: str = "ours") -> None:
        self.directory, self.name = directory, name
        self._own = Certificate(str(directory / f"{name}-ca.pem"), str(directory / f"{name}-ca.key"))
        files = "-keyout", self._own.key_file, "-out", self._own.cert_file
        usage = "-addext", "keyUsage=critical,keyCertSign,cRLSign"
        _openssl("req", "-x509", *NEW_KEY, "-subj", "/CN=Our bakeries", *usage, *files)

    @property
    def ca_file(self) -> str:
        """The authority's own certificate."""
        return self._own.cert_file

    def issue(self, name: str, *, host: str = "localhost", expired: bool = False) -> Certificate:
        """A certificate for a name and a host."""
        made = Certificate(*(str(self.directory / f"{self.name}-{name}.{kind}") for kind in ("pem", "key")))
        wish, extensions = self.directory / f"{self.name}-{name}.csr", self.directory / f"{self.name}-{name}.ext"
        extensions.write_text(
            f"basicConstraints=critical,CA:false\nauthorityKeyIdentifier=keyid\nsubjectAltName=DNS:{host}\n"
        )
        _openssl("req", *NEW_KEY, "-subj", f"/CN={name}", "-keyout", made.key_file, "-out", wish)
        signer = "-CA", self._own.cert_file, "-CAkey", self._own.key_file, "-CAcreateserial"
        days = "-1" if expired else "2"
        _openssl("x509", "-req", "-in", wish, *signer, "-days", days, "-extfile", extensions, "-out", made.cert_file)
        return made


def _openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)
