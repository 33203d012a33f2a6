"""C2PA content credentials: a signed statement in the file that a model made it.

Signing is the last thing that happens to a file; any byte changed later breaks it. The
statement holds the model and the seed, never the prompt. The C2PA library is imported
only where credentials are used.
"""

import io
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from PIL import Image

from easel import __version__
from easel.contract.generations import MediaType
from easel.text2image.images.provenance import PAINTED

_SOFTWARE = {"name": "Easel", "version": __version__}


class CredentialsUnusable(Exception):
    """Nothing can be signed. The message is one line that a person can act on."""


class ContentCredentials:
    """A certificate chain and its private key. Safe to use from several threads."""

    def __init__(
        self, certificate: Path, key: Path, *, timestamp_authority: str | None = None
    ) -> None:
        """Load both and sign a trial image.

        Args:
            certificate: PEM; the signer's certificate first, then those above it.
            key: PEM, not encrypted: ECDSA (P-256, P-384), RSA or Ed25519.
            timestamp_authority: URL of an RFC 3161 service that is asked for each
                image; without one nothing is sent anywhere.

        Raises:
            CredentialsUnusable: a file is missing or wrong, they do not belong
                together, or the certificate is not one for signing content.
        """
        if any(find_spec(name) is None for name in ("c2pa", "cryptography")):
            raise CredentialsUnusable(
                "c2pa-python is not installed. In the server's folder: pip install -r "
                "requirements-credentials.txt"
            )
        chain = _read(certificate)
        algorithm, private_key = _signing_key(key)
        from c2pa import C2paError, C2paSignerInfo, Context, Settings, Signer

        # No thumbnail: the file is the image. It is verified after it is signed,
        # because a wrong key would sign without complaint.
        settings = {
            "builder": {"thumbnail": {"enabled": False}},
            "verify": {"verify_after_sign": True},
        }
        try:
            info = C2paSignerInfo(algorithm, chain, private_key, timestamp_authority)
            signer = Signer.from_info(info)
            self._context = Context(Settings.from_dict(settings), signer)
        except C2paError as error:
            raise CredentialsUnusable(f"{key}: {_one_line(error)}") from error
        try:
            self.sign(
                _trial_image(),
                "image/png",
                title="trial",
                source_type=PAINTED,
                model="trial",
                seed=0,
            )
        except CredentialsUnusable as error:
            raise CredentialsUnusable(f"{certificate}: {error}") from error

    def sign(
        self,
        content: bytes,
        media_type: MediaType,
        *,
        title: str,
        source_type: str,
        model: str,
        seed: int,
    ) -> bytes:
        """The file `content` with its signed manifest in it; the pixels are the same.

        Args:
            content: A whole PNG, JPEG or WebP file.
            media_type: Of `content`.
            title: What a person may call the file.
            source_type: IPTC's digital source type, as a URI.
            model: The model's id.
            seed: The image's own.

        Raises:
            CredentialsUnusable: the certificate has expired, or the timestamp
                authority does not answer.
        """
        from c2pa import Builder, C2paError

        manifest = _manifest(title, source_type, model=model, seed=seed)
        signed = io.BytesIO()
        try:
            builder = Builder(manifest, self._context)
            builder.sign(media_type, io.BytesIO(content), signed)
        except C2paError as error:
            raise CredentialsUnusable(_one_line(error)) from error
        return signed.getvalue()


def _manifest(title: str, source_type: str, *, model: str, seed: int) -> dict[str, Any]:
    """C2PA 2.x, the `c2pa.actions` assertion: one action, that it was created."""
    action = {
        "action": "c2pa.created",
        "digitalSourceType": source_type,
        "softwareAgent": _SOFTWARE,
        "parameters": {"easel.model": model, "easel.seed": seed},
    }
    return {
        "title": title,
        "claim_generator_info": [_SOFTWARE],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
    }


def _signing_key(path: Path) -> tuple[str, bytes]:
    """The COSE name of the key's algorithm, and the key as PKCS #8."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    try:
        key = serialization.load_pem_private_key(_read(path), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CredentialsUnusable(
            f"{path}: not an unencrypted private key in PEM: {_one_line(error)}"
        ) from error
    match key:
        case ec.EllipticCurvePrivateKey(curve=ec.SECP256R1()):
            algorithm = "es256"
        case ec.EllipticCurvePrivateKey(curve=ec.SECP384R1()):
            algorithm = "es384"
        case rsa.RSAPrivateKey():
            algorithm = "ps256"
        case ed25519.Ed25519PrivateKey():
            algorithm = "ed25519"
        case _:
            raise CredentialsUnusable(
                f"{path}: C2PA signs with ECDSA (P-256, P-384), RSA or Ed25519 keys"
            )
    private_key = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return algorithm, private_key


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CredentialsUnusable(f"{path}: {error.strerror}") from error


def _trial_image() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (1, 1)).save(file, "PNG")
    return file.getvalue()


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
