import io
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from c2pa import Context, Reader, Settings
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID
from PIL import Image

from easel import __version__
from easel.contract.generations import ImageFormat
from easel.text2image.images.content_credentials import (
    ContentCredentials,
    CredentialsUnusable,
)
from easel.text2image.images.image_files import MEDIA_TYPES
from easel.text2image.images.provenance import PAINTED
from tests.text2image.signing_certificates import Signer, SigningKey, make_signer

FORMATS: tuple[ImageFormat, ...] = ("png", "jpeg", "webp")


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    key = ec.generate_private_key(ec.SECP256R1())
    return make_signer(tmp_path_factory.mktemp("signer"), key)


@pytest.fixture(scope="module")
def credentials(signer: Signer) -> ContentCredentials:
    return ContentCredentials(signer.certificate, signer.key)


def file_of(image_format: ImageFormat) -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(file, image_format.upper())
    return file.getvalue()


def sign(
    credentials: ContentCredentials, content: bytes, image_format: ImageFormat
) -> bytes:
    return credentials.sign(
        content,
        MEDIA_TYPES[image_format],
        title=f"0.{image_format}",
        source_type=PAINTED,
        model="easel-tiny",
        seed=7,
    )


def read(
    content: bytes, image_format: ImageFormat, trusted: str | None = None
) -> dict[str, Any]:
    """The library's report on a file, for one who trusts the authority `trusted`."""
    trust = {} if trusted is None else {"trust": {"trust_anchors": trusted}}
    context = Context(Settings.from_dict(trust))
    stream = io.BytesIO(content)
    with Reader(MEDIA_TYPES[image_format], stream, context=context) as reader:
        report: dict[str, Any] = json.loads(reader.json())
    return report


def faults(report: dict[str, Any]) -> list[str]:
    return [status["code"] for status in report.get("validation_status", [])]


@pytest.mark.parametrize("image_format", FORMATS)
def test_a_signed_file_is_valid_and_trusted_by_who_trusts_the_authority(
    credentials: ContentCredentials, signer: Signer, image_format: ImageFormat
) -> None:
    signed = sign(credentials, file_of(image_format), image_format)
    anybody = read(signed, image_format)
    assert anybody["validation_state"] == "Valid"
    assert faults(anybody) == ["signingCredential.untrusted"]
    trusting = read(signed, image_format, signer.authority_pem)
    assert (trusting["validation_state"], faults(trusting)) == ("Trusted", [])


@pytest.mark.parametrize("image_format", FORMATS)
def test_signing_leaves_every_pixel_as_it_was(
    credentials: ContentCredentials, image_format: ImageFormat
) -> None:
    content = file_of(image_format)
    signed = sign(credentials, content, image_format)
    with (
        Image.open(io.BytesIO(content)) as before,
        Image.open(io.BytesIO(signed)) as it,
    ):
        assert it.tobytes() == before.tobytes()


@pytest.mark.parametrize("image_format", FORMATS)
def test_a_file_that_was_changed_after_it_was_signed_is_invalid(
    credentials: ContentCredentials, image_format: ImageFormat
) -> None:
    content = file_of(image_format)
    changed = bytearray(sign(credentials, content, image_format))
    changed[changed.index(content[-60:-20])] ^= 1
    report = read(bytes(changed), image_format)
    assert report["validation_state"] == "Invalid"
    assert "assertion.dataHash.mismatch" in faults(report)


def test_the_manifest_says_who_made_the_image_how_and_from_which_seed(
    credentials: ContentCredentials,
) -> None:
    report = read(sign(credentials, file_of("png"), "png"), "png")
    manifest = report["manifests"][report["active_manifest"]]
    generator = manifest["claim_generator_info"][0]
    assert (generator["name"], generator["version"]) == ("Easel", __version__)
    assert manifest["title"] == "0.png"
    (actions,) = manifest["assertions"]
    (action,) = actions["data"]["actions"]
    assert action["action"] == "c2pa.created"
    assert action["digitalSourceType"] == PAINTED
    assert action["parameters"] == {"easel.model": "easel-tiny", "easel.seed": 7}


@pytest.mark.parametrize(
    ("make_key", "algorithm"),
    [
        (lambda: ec.generate_private_key(ec.SECP384R1()), "Es384"),
        (lambda: rsa.generate_private_key(65537, 2048), "Ps256"),
        (ed25519.Ed25519PrivateKey.generate, "Ed25519"),
    ],
)
def test_the_key_decides_the_algorithm(
    make_key: Any, algorithm: str, tmp_path: Path
) -> None:
    signer = make_signer(tmp_path, make_key())
    credentials = ContentCredentials(signer.certificate, signer.key)
    report = read(sign(credentials, file_of("png"), "png"), "png")
    manifest = report["manifests"][report["active_manifest"]]
    assert manifest["signature_info"]["alg"] == algorithm
    assert report["validation_state"] == "Valid"


def test_a_key_may_be_in_openssl_s_old_form(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    signer = make_signer(tmp_path, key, key_format=PrivateFormat.TraditionalOpenSSL)
    credentials = ContentCredentials(signer.certificate, signer.key)
    report = read(sign(credentials, file_of("png"), "png"), "png")
    assert report["validation_state"] == "Valid"


def test_threads_sign_side_by_side(credentials: ContentCredentials) -> None:
    content = file_of("png")
    with ThreadPoolExecutor(4) as pool:
        signed = list(pool.map(lambda _: sign(credentials, content, "png"), range(24)))
    states = {read(file, "png")["validation_state"] for file in signed}
    assert (len(signed), states) == (24, {"Valid"})


def small_key() -> SigningKey:
    return ec.generate_private_key(ec.SECP256R1())


def test_a_missing_file_is_named(signer: Signer, tmp_path: Path) -> None:
    missing = tmp_path / "missing.pem"
    for certificate, key in ((missing, signer.key), (signer.certificate, missing)):
        with pytest.raises(CredentialsUnusable, match=r"missing\.pem: No such file"):
            ContentCredentials(certificate, key)


def test_a_key_of_another_certificate_is_refused(
    signer: Signer, tmp_path: Path
) -> None:
    other = make_signer(tmp_path, small_key())
    with pytest.raises(CredentialsUnusable, match=r"chain\.pem.*does not match"):
        ContentCredentials(signer.certificate, other.key)


def test_an_encrypted_key_is_refused(tmp_path: Path) -> None:
    encryption = BestAvailableEncryption(b"secret")
    signer = make_signer(tmp_path, small_key(), encryption=encryption)
    with pytest.raises(CredentialsUnusable, match=r"key\.pem: not an unencrypted"):
        ContentCredentials(signer.certificate, signer.key)


def test_what_is_no_key_is_refused(signer: Signer) -> None:
    with pytest.raises(CredentialsUnusable, match=r"chain\.pem: not an unencrypted"):
        ContentCredentials(signer.certificate, signer.certificate)


def test_a_key_that_c2pa_does_not_know_is_refused(
    signer: Signer, tmp_path: Path
) -> None:
    key = dsa.generate_private_key(1024)
    path = tmp_path / "dsa.pem"
    path.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    with pytest.raises(CredentialsUnusable, match=r"dsa\.pem: C2PA signs with"):
        ContentCredentials(signer.certificate, path)


def test_what_is_no_certificate_is_refused(signer: Signer) -> None:
    with pytest.raises(CredentialsUnusable, match=r"key\.pem"):
        ContentCredentials(signer.key, signer.key)


def test_an_expired_certificate_is_refused(tmp_path: Path) -> None:
    signer = make_signer(tmp_path, small_key(), age=timedelta(days=30))
    with pytest.raises(CredentialsUnusable, match="not valid at time of signing"):
        ContentCredentials(signer.certificate, signer.key)


def test_a_web_server_s_certificate_is_refused(tmp_path: Path) -> None:
    signer = make_signer(tmp_path, small_key(), usage=ExtendedKeyUsageOID.SERVER_AUTH)
    with pytest.raises(CredentialsUnusable, match="certificate is invalid") as refusal:
        ContentCredentials(signer.certificate, signer.key)
    assert "\n" not in str(refusal.value)


def test_a_server_without_credentials_does_not_load_the_library() -> None:
    module = "easel.text2image.images.image_files"
    code = f"import sys, {module}; sys.exit('c2pa' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
