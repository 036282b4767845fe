"""Certificates, made by the program that everybody makes them with: `openssl`."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .waiting import DEADLINE_S


@dataclass(frozen=True)
class Identity:
    """A certificate and its key, in files."""

    certificate: Path
    key: Path

    @property
    def lines(self) -> dict[str, str]:
        """The keys of the configuration that name them."""
        return {"tls_certificate": str(self.certificate), "tls_key": str(self.key)}

    @property
    def fingerprint(self) -> str:
        """As `openssl` prints it."""
        shown = openssl("x509", "-in", str(self.certificate), "-noout", "-fingerprint", "-sha256").stdout
        return shown.strip().partition("=")[2]

    def replace_by(self, other: Identity) -> None:
        """Puts another certificate and key in the place of these."""
        shutil.copy(other.certificate, self.certificate)
        shutil.copy(other.key, self.key)


class Authority:
    """Somebody who signs certificates, in a directory of his own."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder / name
        self._folder.mkdir()
        self.file = self._folder / "ca.pem"
        self._key = self._folder / "ca.key"
        more = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"]
        openssl("req", "-x509", *NEW_KEY, "-keyout", str(self._key), "-out", str(self.file), "-subj", f"/CN={name}",
                "-days", "2", *more)

    def identity(self, file: str, name: str, *, until: str | None = None) -> Identity:
        """Signs a certificate for `name`, valid now, or until a moment of the past (`YYYYMMDDHHMMSSZ`)."""
        own = Identity(self._folder / f"{file}.crt", self._folder / f"{file}.key")
        request = self._folder / f"{file}.csr"
        openssl("req", *NEW_KEY, "-keyout", str(own.key), "-out", str(request), "-subj", f"/CN={name}")
        extensions = self._folder / f"{file}.ext"
        names = f"subjectAltName=DNS:{name},IP:127.0.0.1"
        extensions.write_text(f"[v3]\n{names}\nbasicConstraints=CA:FALSE\n", encoding="utf-8")
        self._sign(request, extensions, own.certificate, until)
        return own

    def client(self, shown: Identity | None = None) -> ssl.SSLContext:
        """How somebody connects who trusts this authority alone, and shows what he is given."""
        context = ssl.create_default_context(cafile=str(self.file))
        if shown is not None:
            context.load_cert_chain(shown.certificate, shown.key)
        return context

    def _sign(self, request: Path, extensions: Path, certificate: Path, until: str | None) -> None:
        """`openssl ca`, since that alone takes dates of the past."""
        (self._folder / "index.txt").touch()
        settings = self._folder / "ca.conf"
        settings.write_text(
            f"[ca]\ndefault_ca=own\n[own]\ndatabase={self._folder}/index.txt\nnew_certs_dir={self._folder}\n"
            "rand_serial=yes\ndefault_md=sha256\npolicy=any\nunique_subject=no\n[any]\ncommonName=supplied\n",
            encoding="utf-8",
        )
        dates = ["-startdate", "20200101000000Z", "-enddate", until] if until else ["-days", "2"]
        openssl("ca", "-batch", "-notext", "-config", str(settings), "-cert", str(self.file), "-keyfile", str(self._key),
                "-in", str(request), "-out", str(certificate), "-extfile", str(extensions), "-extensions", "v3", *dates)


def openssl(*arguments: str, said: str = "", fails: bool = False) -> subprocess.CompletedProcess:
    """Runs `openssl` and returns what it printed; `fails` says that it must."""
    program = shutil.which("openssl")
    assert program, "openssl is missing: run scripts/test.sh"
    run = subprocess.run([program, *arguments], input=said, capture_output=True, text=True, timeout=DEADLINE_S)
    assert (run.returncode != 0) == fails, f"{arguments} ended with {run.returncode}:\n{run.stdout}{run.stderr}"
    return run


NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
