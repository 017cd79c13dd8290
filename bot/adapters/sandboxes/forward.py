"""Runs in a sandbox, alone: a local port that leads to a socket, while a command runs. ``python
forward.py SOCKET PORT COMMAND``. Package managers and agents speak TCP, and the only way out is a
socket that was put into the sandbox."""

import asyncio
import sys

PORT = 3141
URL = f"http://127.0.0.1:{PORT}"  # of the way out, as commands see it


async def forward(socket: str, port: int, command: str) -> int:
    """Serve until ``command`` has ended; its exit code."""

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def joined(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(socket)
        await asyncio.gather(pump(reader, back), pump(there, writer))

    async with await asyncio.start_server(joined, "127.0.0.1", port):
        child = await asyncio.create_subprocess_exec("/bin/bash", "-c", command)
        return await child.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(forward(sys.argv[1], int(sys.argv[2]), sys.argv[3])))
