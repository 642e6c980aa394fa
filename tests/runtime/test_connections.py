"""Posts over connections that stay open: what comes of each, and when a connection is used again."""

import asyncio
import datetime
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from runtime.connections import Answer, Connections, Lost, Unreached

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SOON_S = 0.05


class Server:
    """Answers each request with the next of its answers; `...` is silence, None the end of the connection."""

    def __init__(self, *answers: object) -> None:
        self.answers, self.requests, self.connections = list(answers), list[bytes](), 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                self.requests.append(head + await reader.readexactly(length))
                answer = self.answers.pop(0) if self.answers else OK
                if answer is ...:
                    continue
                for part in answer if isinstance(answer, list) else [answer]:
                    if part is None:
                        return
                    writer.write(part)
                    await asyncio.sleep(0)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


Story = Callable[[Connections, Server], Awaitable[None]]


def play(story: Story, *answers: object, tls: ssl.SSLContext | None = None) -> None:
    async def run() -> None:
        server = Server(*answers)
        listening = await asyncio.start_server(server.talk, "localhost", 0, family=socket.AF_INET, ssl=tls)
        port = listening.sockets[0].getsockname()[1]
        made = Connections(f"http{'s' if tls else ''}://localhost:{port}/v1/messages", {"Authorization": "Bearer t"},
                           most=1_000, connect_s=5)
        async with asyncio.timeout(10):
            await story(made, server)
        made.close()
        listening.close()
    asyncio.run(run())


def test_a_post_is_a_whole_request_and_its_answer_a_value():
    async def story(made: Connections, server: Server) -> None:
        assert await made.post(b"{}", 5) == Answer(
            429, {"content-length": "2", "retry-after": "3"}, b"no")
        [request] = server.requests
        first, host, token, *_, empty, body = request.split(b"\r\n")
        assert (first, token) == (b"POST /v1/messages HTTP/1.1", b"Authorization: Bearer t")
        assert (host.rpartition(b":")[0], empty, body) == (b"Host: localhost", b"", b"{}")
    play(story, b"HTTP/1.1 429 Slow\r\nContent-Length: 2\r\nRetry-After: 3\r\n\r\nno")


def test_posts_one_after_the_other_use_one_connection_posts_at_once_one_each():
    async def story(made: Connections, server: Server) -> None:
        for _ in range(3):
            assert (await made.post(b"{}", 5)).body == b"ok"
        assert server.connections == 1
        await asyncio.gather(*(made.post(b"{}", 5) for _ in range(3)))
        assert server.connections == 3
    play(story)


@pytest.mark.parametrize("answer", [
    [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n", b"1\r\nk\r\n0\r\n\r\n"],
    [b"HTTP/1.1 100 Continue\r\n\r\n", OK],
    [OK[:10], OK[10:40], OK[40:]],
], ids=["in chunks", "continue", "in pieces"])
def test_an_answer_is_whole_however_it_comes(answer: list[bytes]):
    async def story(made: Connections, server: Server) -> None:
        for _ in range(2):
            told = await made.post(b"{}", 5)
            assert (told.status, told.body) == (200, b"ok")
        assert server.connections == 1
    play(story, answer)


@pytest.mark.parametrize("answer", [
    b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", [b"HTTP/1.1 200 OK\r\n\r\nok", None],
    b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", OK + OK,
], ids=["said so", "until its end", "old", "more than was asked for"])
def test_a_connection_that_is_over_is_not_used_again(answer: object):
    async def story(made: Connections, server: Server) -> None:
        for _ in range(2):
            assert (await made.post(b"{}", 5)).body == b"ok"
        assert server.connections == 2
    play(story, answer)


def test_a_connection_that_was_closed_while_nobody_used_it_is_not_used():
    async def story(made: Connections, server: Server) -> None:
        await made.post(b"{}", 5)
        while made._idle[-1].is_open:
            await asyncio.sleep(0)
        assert (await made.post(b"{}", 5)).body == b"ok"
        assert server.connections == 2
    play(story, [OK, None])


def test_a_connection_that_was_idle_for_long_is_not_used(monkeypatch: pytest.MonkeyPatch):
    async def story(made: Connections, server: Server) -> None:
        await made.post(b"{}", 5)
        monkeypatch.setattr("runtime.connections.IDLE_S", 0.0)
        assert (await made.post(b"{}", 5)).body == b"ok"
        assert server.connections == 2
    play(story)


@pytest.mark.parametrize("answer", [
    [None], [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", None], b"<html>", ...,
    b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 999,
], ids=["nothing", "half of it", "no HTTP", "silence", "too long"])
def test_without_a_whole_answer_nobody_knows_and_the_next_post_has_its_own_connection(answer: object):
    async def story(made: Connections, server: Server) -> None:
        with pytest.raises(Lost):
            await made.post(b"{}", SOON_S if answer is ... else 5)
        assert (await made.post(b"{}", 5)).body == b"ok"
        assert server.connections == 2
    play(story, answer)


def test_what_is_given_up_leaves_no_answer_to_the_next():
    async def story(made: Connections, server: Server) -> None:
        task = asyncio.create_task(made.post(b"1", 5))
        while not server.requests:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await made.post(b"2", 5)).body == b"ok"
        assert server.connections == 2
    play(story, ...)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", f"http://{'a' * 64}.test/"], ids=["closed", "no such name"])
def test_who_is_not_there_got_nothing(url: str):
    async def run() -> None:
        with pytest.raises(Unreached):
            await Connections(url, {}, most=1_000, connect_s=5).post(b"{}", 5)
    asyncio.run(run())


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Of `localhost`, and its key, signed by nobody else."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256()))
    path = tmp_path / "localhost.pem"
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                       serialization.NoEncryption()) + made.public_bytes(serialization.Encoding.PEM))
    return path


def test_https_is_spoken_with_who_has_a_certificate_and_with_nobody_else(
        certificate: Path, monkeypatch: pytest.MonkeyPatch):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    async def refused(made: Connections, server: Server) -> None:
        with pytest.raises(Unreached, match="SSLCertVerificationError"):
            await made.post(b"{}", 5)

    async def answered(made: Connections, server: Server) -> None:
        for _ in range(2):
            assert (await made.post(b"{}", 5)).body == b"ok"
        assert server.connections == 1

    play(refused, tls=context)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    play(answered, tls=context)
