# SPDX-License-Identifier: MIT
"""pop3.Client: many messages in one pipeline, and what became of deletes."""

import unittest

from client_support import MESSAGES, ClientCase, for_asyncio, pop3


class ManyTest(ClientCase):
    def test_all_in_order(self):
        server = self.serve(count=60)
        client = self.session(server)
        wire = self.wire()
        wanted = list(range(60, 0, -1))
        got = list(client.retr_many(wanted))
        self.assertEqual(got, [(number, wire[number]) for number in wanted])
        self.assert_in_step(client)

    def test_the_pipe_is_full(self):
        server = self.serve(count=100)
        with self.session(server) as client:
            before = len(server.log.commands())
            self.assertEqual(len(list(client.retr_many(range(1, 101)))), 100)
            self.assertEqual(len(server.log.commands()) - before, 100)
        closed = server.log.wait("close")[0]
        # Greeting, CAPA, USER, PASS, CAPA, QUIT, and a few for the messages.
        self.assertLess(closed["turns"], 20)

    def test_no_message_waits_for_the_next(self):
        server = self.serve("stall-reply=RETR:2/40")
        client = self.session(server, timeout=1)
        messages = client.retr_many([1, 2, 3])
        self.assertEqual(next(messages), (1, self.wire()[1]))
        self.assertFalse(client.closed)
        self.assertIsInstance(next(messages)[1], pop3.TimeoutError)

    def test_window(self):
        for window in (1, 2, 7, 100000):
            client = self.session(self.serve())
            self.assertEqual(dict(client.retr_many(
                iter(range(1, MESSAGES + 1)), window=window)), self.wire())
            self.assert_in_step(client)
            client.close()

    def test_without_pipelining(self):
        for options in ({"pipelining": False}, {}):
            server = self.serve(*["drop-pipelined"], capa_drop=[
                "PIPELINING"] if not options else [])
            client = self.session(server, **options)
            self.assertEqual(dict(client.retr_many(range(1, MESSAGES + 1))),
                             self.wire())
            self.assertEqual(client.delete_many([1, 2, 3]), {})
            self.assertEqual(len(client.messages()), MESSAGES - 3)
            client.close()

    def test_more_than_the_queue_holds(self):
        client = self.session(self.serve())
        numbers = [2] * 9000 + [10 ** 18] * 9000
        count = 0
        for number, message in client.retr_many(numbers, window=10 ** 6):
            self.assertEqual(number, numbers[count])
            self.assertEqual(isinstance(message, pop3.RefusedError),
                             number != 2)
            count += 1
        self.assertEqual(count, len(numbers))
        self.assert_in_step(client)

    def test_one_is_refused(self):
        client = self.session(self.serve("err-on=RETR:7/[SYS/PERM] broken"))
        got = dict(client.retr_many(range(5, 12)))
        self.assertEqual(list(got), list(range(5, 12)))
        self.assertIsInstance(got[7], pop3.RefusedError)
        self.assertEqual(got[7].code, "SYS/PERM")
        self.assertEqual(got[7].operation, "RETR 7")
        del got[7]
        self.assertEqual(got, {n: self.wire()[n] for n in got})
        self.assert_in_step(client)

    def test_none(self):
        client = self.session(self.serve())
        self.assertEqual(list(client.retr_many([])), [])
        self.assertEqual(client.delete_many([]), {})
        self.assert_in_step(client)

    def test_cut_in_the_middle(self):
        server = self.serve("cut-reply=RETR:4/30")
        client = self.session(server)
        got = list(client.retr_many(range(1, 9)))
        self.assertEqual([number for number, _ in got], list(range(1, 9)))
        self.assertEqual([octets for _, octets in got[:3]],
                         [self.wire()[n] for n in (1, 2, 3)])
        self.assertIsInstance(got[3][1], pop3.ConnectionClosedError)
        self.assertEqual(got[3][1].operation, "RETR 4")
        for _number, error in got[4:]:
            self.assertIsInstance(error, (pop3.ConnectionClosedError,
                                          pop3.NotSentError))
        self.assert_over(client, pop3.ConnectionClosedError)

    def test_cut_without_pipelining(self):
        client = self.session(self.serve("cut-reply=RETR:2/30"),
                              pipelining=False)
        got = dict(client.retr_many([1, 2, 3, 4]))
        self.assertEqual(got[1], self.wire()[1])
        self.assertIsInstance(got[2], pop3.ConnectionClosedError)
        self.assertIsInstance(got[3], pop3.NotSentError)
        self.assertEqual(got[4].operation, "RETR 4")
        self.assertFalse(got[4].fatal)

    def test_delete_many(self):
        server = self.serve("err-on=DELE:3/locked")
        client = self.session(server)
        refused = client.delete_many([1, 2, 3, 4, 99])
        self.assertEqual(list(refused), [3, 99])
        self.assertIsInstance(refused[3], pop3.RefusedError)
        self.assertEqual(client.quit().confirmed, (1, 2, 4))
        self.assertEqual(len(self.wire()), MESSAGES - 3)

    def test_delete_many_cut(self):
        client = self.session(self.serve("close-on=DELE:3"))
        with self.assertRaises(pop3.ConnectionClosedError):
            client.delete_many([1, 2, 3, 4])
        self.assertEqual(client.deletes.numbers, (1, 2))
        self.assertEqual(client.deletes.confirmed, ())


class DeleteTest(ClientCase):
    def status(self, client):
        return client.deletes.status

    def test_confirmed(self):
        server = self.serve()
        client = self.session(server)
        self.assertEqual(self.status(client), pop3.DeleteStatus.NONE)
        client.delete(2)
        client.dele(5)
        self.assertEqual(client.deletes, (pop3.DeleteStatus.PENDING, (2, 5)))
        deletes = client.quit()
        self.assertEqual(deletes, (pop3.DeleteStatus.CONFIRMED, (2, 5)))
        self.assertEqual(deletes.confirmed, (2, 5))
        self.assertEqual(client.deletes, deletes)
        self.assertEqual(len(server.log.wait("expunged")[0]["uids"]), 2)
        self.assertEqual(len(self.wire()), MESSAGES - 2)
        self.assert_over(client, pop3.ConnectionClosedError)

    def test_rset(self):
        client = self.session(self.serve())
        client.delete(2)
        client.rset()
        self.assertEqual(client.quit(), (pop3.DeleteStatus.NONE, ()))
        self.assertEqual(len(self.wire()), MESSAGES)

    def test_refused(self):
        client = self.session(self.serve("quit-err"))
        client.delete(2)
        with self.assertRaises(pop3.RefusedError):
            client.quit()
        self.assertEqual(client.deletes, (pop3.DeleteStatus.REFUSED, (2,)))
        self.assertEqual(client.deletes.confirmed, ())
        self.assert_over(client, pop3.ConnectionClosedError)

    def test_unknown(self):
        client = self.session(self.serve("quit-close"))
        client.delete(2)
        with self.assertRaises(pop3.ConnectionClosedError):
            client.quit()
        self.assertEqual(client.deletes, (pop3.DeleteStatus.UNKNOWN, (2,)))

    def test_the_block_ends(self):
        with self.session(self.serve()) as client:
            client.delete(1)
        self.assertEqual(client.deletes.confirmed, (1,))
        self.assertEqual(len(self.wire()), MESSAGES - 1)
        self.assertTrue(client.closed)

    def test_the_block_raises(self):
        server = self.serve()
        with self.assertRaises(ZeroDivisionError):
            with self.session(server) as client:
                client.delete(1)
                raise ZeroDivisionError()
        self.assertTrue(client.closed)
        self.assertEqual(client.deletes.status, pop3.DeleteStatus.PENDING)
        server.log.wait("close")
        self.assertNotIn("QUIT", server.log.verbs())
        self.assertEqual(len(self.wire()), MESSAGES)

    def test_the_block_ends_without_an_answer(self):
        with self.session(self.serve("quit-close")):
            pass        # nothing was to be deleted: nothing is lost
        with self.assertRaises(pop3.ConnectionClosedError):
            with self.session(self.serve("quit-close")) as client:
                client.delete(1)
        self.assertTrue(client.closed)

    def test_quit_before_login(self):
        client = self.connect(self.serve())
        self.assertEqual(client.quit().status, pop3.DeleteStatus.NONE)


AioManyTest = for_asyncio(ManyTest)
AioDeleteTest = for_asyncio(DeleteTest)

if __name__ == "__main__":
    unittest.main()
