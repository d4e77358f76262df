# SPDX-License-Identifier: MIT
"""What only the asyncio client can: be canceled, and be many at once. The
commands are tested with those of the blocking client (client_test.py)."""

import asyncio
import io
import unittest

from client_support import MESSAGES, ClientCase, pop3


class AioCase(ClientCase, unittest.IsolatedAsyncioTestCase):
    """In a loop."""

    def new(self, server, security="none", **kwargs):
        port = server.ports["clear" if security == "none" else security]
        kwargs.setdefault("timeout", 20)
        if security != "none":
            kwargs.setdefault("context", self.context())
        client = pop3.aio.Client("localhost", port, security=security,
                                 **kwargs)
        self.addCleanup(client.close)
        return client

    async def open(self, server, security="none", **kwargs):
        client = self.new(server, security, **kwargs)
        await client.connect()
        await client.login("demo", "demo",
                           "USER" if security == "none" else None)
        return client

    async def in_step(self, client):
        self.assertEqual(await client.retr(3), self.wire()[3])
        self.assertEqual((await client.stat()).count, len(self.wire()))

    def over(self, client):
        self.assertTrue(client.closed)
        self.assertEqual(client.fileno(), -1)

    async def until(self, server, line):
        while line not in server.log.commands():
            await asyncio.sleep(0.001)


class LifeTest(AioCase):
    async def test_with(self):
        server = self.serve()
        async with self.new(server, "tls") as client:
            await client.login("demo", "demo")
            await client.delete(1)
            self.assertTrue(client.is_tls)
        self.assertEqual(client.deletes.confirmed, (1,))
        self.over(client)

    async def test_with_and_exception(self):
        server = self.serve()
        with self.assertRaises(ZeroDivisionError):
            async with self.new(server, "tls") as client:
                await client.login("demo", "demo")
                await client.delete(1)
                raise ZeroDivisionError
        self.over(client)
        await asyncio.to_thread(server.log.wait, "close")
        self.assertEqual(len(self.wire()), MESSAGES)
        self.assertNotIn("QUIT", server.log.verbs())

    async def test_not_connected(self):
        client = self.new(self.serve())
        for call in (client.stat, client.quit):
            with self.assertRaises(pop3.UsageError):
                await call()
        with self.assertRaises(pop3.UsageError):
            async for _ in client.retr_many([1]):
                pass
        await client.connect()
        with self.assertRaises(pop3.UsageError):
            await client.connect()
        await client.login("demo", "demo", "USER")
        await self.in_step(client)
        closed = self.new(self.serve())
        closed.close()
        with self.assertRaises(pop3.ConnectionClosedError):
            await closed.connect()

    async def test_iterators_left_early(self):
        client = await self.open(self.serve(big=300000), "tls")
        for _ in range(2):
            async for _number, _message in client.retr_many(range(1, 20)):
                break
            await self.in_step(client)
            async for _line in client.iter_lines(11):
                break
            await self.in_step(client)
            stream = client.iter_parts(11)
            await stream.__anext__()
            with self.assertRaises(pop3.UsageError):
                await client.noop()
            stream.close()
            await self.in_step(client)


class CancelTest(AioCase):
    async def canceled(self, coroutine, server, line=None):
        task = asyncio.create_task(coroutine)
        if line is None:
            await asyncio.to_thread(server.log.wait, "open")
        else:
            await self.until(server, line)
        await asyncio.sleep(0.05)
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task

    async def test_commands(self):
        async def many(client):
            async for _ in client.retr_many([1, 2, 3, 4]):
                pass

        async def lines(client):
            async for _ in client.iter_lines(1):
                pass

        for security in ("none", "tls"):
            for fault, line, call in (
                    ("stall-on=STAT", "STAT", lambda c: c.stat()),
                    ("stall-reply=RETR:1/90", "RETR 1", lambda c: c.retr(1)),
                    ("stall-reply=RETR:3/90", "RETR 3", many),
                    ("stall-reply=RETR:1/90", "RETR 1", lines),
                    ("stall-on=QUIT", "QUIT", lambda c: c.quit())):
                server = self.serve(fault)
                client = await self.open(server, security)
                await self.canceled(call(client), server, line)
                self.over(client)
                with self.assertRaises(pop3.Error):
                    await client.noop()
                await asyncio.to_thread(server.log.wait, "close")

    async def test_connections(self):
        for fault, security in (("stall-on=GREETING", "none"),
                                ("tls-stall", "tls"),
                                ("stall-on=STLS", "stls")):
            server = self.serve(fault)
            client = self.new(server, security)
            await self.canceled(client.connect(), server)
            self.over(client)
            await asyncio.to_thread(server.log.wait, "close")

    async def test_login(self):
        server = self.serve("stall-on=PASS")
        client = self.new(server)
        await client.connect()
        await self.canceled(client.login("demo", "demo", "USER"), server,
                            "PASS demo")
        self.over(client)

    async def test_wait_for(self):
        client = await self.open(self.serve("stall-on=STAT"))
        with self.assertRaises(asyncio.TimeoutError):
            await asyncio.wait_for(client.stat(), 0.2)
        self.over(client)

    async def test_what_has_not_begun_is_not_disturbed(self):
        client = await self.open(self.serve())
        task = asyncio.create_task(client.stat())
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        self.assertFalse(client.closed)
        await self.in_step(client)

    async def test_close_and_cancel_by_another_task(self):
        for end in ("close", "cancel"):
            server = self.serve("stall-on=STAT")
            client = await self.open(server)
            task = asyncio.create_task(client.stat())
            await self.until(server, "STAT")
            getattr(client, end)()
            with self.assertRaises(pop3.CanceledError):
                await task
            self.over(client)


class ManyTest(AioCase):
    async def test_two_tasks(self):
        server = self.serve("delay-on=STAT/0.3")
        client = await self.open(server)
        task = asyncio.create_task(client.stat())
        await self.until(server, "STAT")
        with self.assertRaises(pop3.UsageError):
            await client.noop()
        self.assertEqual((await task).count, MESSAGES)
        await self.in_step(client)

    async def test_many_clients(self):
        servers = [self.serve() for _ in range(30)]
        wire = self.wire()

        async def fetch(server, security):
            async with self.new(server, security) as client:
                await client.login("demo", "demo",
                                   "USER" if security == "none" else None)
                return {number: message async for number, message
                        in client.retr_many(range(1, MESSAGES + 1))}

        got = await asyncio.gather(*[
            fetch(server, ("none", "tls", "stls")[n % 3])
            for n, server in enumerate(servers)])
        for messages in got:
            self.assertEqual(messages, wire)

    async def test_others_have_their_turn(self):
        client = await self.open(self.serve("huge=30000000"))
        ticks = []

        async def tick():
            while True:
                ticks.append(True)
                await asyncio.sleep(0)

        ticker = asyncio.create_task(tick())
        octets = await client.retr_into(1, io.BytesIO())
        ticker.cancel()
        self.assertGreater(octets, 29000000)
        # At least once for each MiB.
        self.assertGreater(len(ticks), 28)

    async def test_timeouts_of_many(self):
        async def fail(server):
            client = await self.open(server, timeout=0.5)
            with self.assertRaises(pop3.TimeoutError):
                await client.stat()
            self.over(client)

        await asyncio.gather(*[fail(self.serve("stall-on=STAT"))
                               for _ in range(10)])


if __name__ == "__main__":
    unittest.main()
