using ChatServer.Tests.Architecture;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Client;

/// <summary>The JavaScript client in Node, with a WebSocket that the script simulates.</summary>
public sealed class JavaScriptClientTests
{
    // A room whose answers each test decides. `room.log` has the texts in the order in which the room accepted them.
    private const string Room = """
        import { ChatClient } from './chat-client.js';
        import assert from 'node:assert/strict';
        import { setTimeout as after } from 'node:timers/promises';

        const room = {
          log: [], ids: new Set(), sockets: [], limits: { messagesPerSecond: 0, messageBurst: 100 }, answer: () => 'accept', commands: [],
          tokens: [],
        };
        class FakeSocket {
          readyState = 0;
          constructor(url, protocols) {
            this.url = new URL(url);
            this.protocols = protocols;
            room.sockets.push(this);
            queueMicrotask(() => {
              this.readyState = 1;
              this.hears({ type: 'welcome', epoch: 'e', seq: room.log.length, user: 'ada', limits: room.limits, members: [], count: 1 });
            });
          }
          hears(frame) { this.onmessage?.({ data: JSON.stringify(frame) }); }
          send(text) {
            const frame = JSON.parse(text);
            // A server answers later, and in the order of the frames.
            setImmediate(() => {
              if (this.readyState !== 1 || this.isDead) return;
              if (frame.type === 'ping') return this.hears({ type: 'pong' });
              if (frame.type === 'token') { room.tokens.push(frame.token); return this.hears({ type: 'done', id: frame.id }); }
              if (frame.type !== 'message') {
                room.commands.push(frame);
                const reply = room.command(frame, this);
                return reply && this.hears({ id: frame.id, ...reply });
              }
              const answer = room.ids.has(frame.id) ? 'accept' : room.answer(frame, this);
              if (answer === 'lose') return;
              if (answer !== 'accept') return this.hears({ type: 'error', id: frame.id, ...answer });
              if (!room.ids.has(frame.id)) { room.ids.add(frame.id); room.log.push(frame.text); }
              this.hears({ type: 'message', seq: room.log.indexOf(frame.text) + 1, id: frame.id, user: 'ada', text: frame.text, time: '' });
            });
          }
          close(code = 1000) { this.drop(code); }
          drop(code, reason = '') {
            if (this.readyState === 3) return;
            this.readyState = 3;
            setImmediate(() => this.onclose?.({ code, reason }));
          }
        }
        const options = { url: 'ws://room.test/rooms/lobby', user: 'ada', WebSocket: FakeSocket };
        const numbers = count => Array.from({ length: count }, (_, at) => `${at}`);

        """;

    [Fact]
    public Task Messages_are_logged_in_the_order_in_which_they_were_sent_across_errors_and_reconnects() => RunAsync("""
        let frames = 0;
        // A refusal or a lost connection at some places; the room accepts what arrives after it.
        room.answer = (frame, socket) => {
          frames++;
          if (frames % 17 === 5) return { code: 'rate-limited', message: '', retryAfterMs: 1 };
          if (frames % 17 === 7) return { code: 'slow-mode', message: '', retryAfterMs: 1 };
          if (frames % 17 === 11) return { code: 'unavailable', message: '', retryAfterMs: 1 };
          if (frames % 100 === 50) { socket.drop(1006); return 'lose'; }
          return 'accept';
        };
        const chat = new ChatClient(options);
        chat.connect();
        await Promise.all(numbers(300).map(text => chat.send(text)));
        chat.close();
        assert.deepEqual(room.log, numbers(300));
        assert.ok(room.sockets.length > 2);
        """);

    [Fact]
    public Task Commands_are_sent_again_after_a_reconnect_and_settled_by_their_answers() => RunAsync("""
        let lost = 0;
        room.command = (frame, socket) => {
          if (lost++ === 0) return void socket.drop(1006);
          if (frame.type === 'delete') return { type: 'deleted', seq: 1, target: frame.target, time: '' };
          if (frame.type === 'ban') return { type: 'error', code: 'forbidden', message: 'No.' };
          if (lost === 3) return { type: 'error', code: 'unavailable', message: '', retryAfterMs: 1 };
          return { type: 'done' };
        };
        const chat = new ChatClient(options), events = [];
        chat.addEventListener('deleted', ({ detail }) => events.push(detail.target));
        chat.connect();
        await after(1);
        const deleted = chat.delete(7);
        assert.equal((await deleted).target, 7);
        assert.deepEqual(events, [7]);
        assert.equal(await chat.mute('mallory', { seconds: 60, reason: 'Spam.' }), undefined);
        await assert.rejects(chat.ban('mallory'), { code: 'forbidden', message: 'No.' });
        const ids = room.commands.map(({ id }) => id);
        assert.equal(ids[0], ids[1]);
        assert.deepEqual({ ...room.commands[2], id: '' }, { type: 'mute', uid: 'mallory', seconds: 60, reason: 'Spam.', id: '' });
        room.command = () => undefined;
        const unanswered = assert.rejects(chat.kick('mallory'), { code: 'left' });
        chat.close();
        await unanswered;
        """);

    [Fact]
    public Task Sending_keeps_below_the_rate_of_the_room() => RunAsync("""
        room.limits = { messagesPerSecond: 200, messageBurst: 20 };
        let tokens = 20, filled = performance.now();
        room.answer = () => {
          const now = performance.now();
          tokens = Math.min(20, tokens + (now - filled) / 1000 * 200);
          filled = now;
          assert.ok(tokens-- >= 1, `refused after ${room.log.length}`);
          return 'accept';
        };
        const chat = new ChatClient(options);
        chat.connect();
        await Promise.all(numbers(150).map(text => chat.send(text)));
        chat.close();
        assert.deepEqual(room.log, numbers(150));
        """);

    [Fact]
    public Task History_0_is_sent_to_the_room() => RunAsync("""
        const chat = new ChatClient({ ...options, history: 0 });
        chat.connect();
        await after(1);
        assert.equal(room.sockets[0].url.searchParams.get('history'), '0');
        chat.close();
        """);

    [Fact]
    public Task Invalid_arguments_are_reported_by_name() => RunAsync("""
        for (const [name, wrong] of [
          ['user', { user: '' }], ['user', { user: 'x'.repeat(33) }], ['user', { user: '\ud800' }], ['user', { user: 'a\nb' }],
          ['history', { history: -1 }], ['history', { history: 1.5 }], ['session', { session: 'short' }],
        ])
          assert.throws(
            () => new ChatClient({ ...options, ...wrong }),
            error => error instanceof TypeError && error.message.startsWith(name));
        new ChatClient({ ...options, user: '🎉'.repeat(32) });
        const chat = new ChatClient(options);
        assert.throws(() => chat.send('half \udc00'), error => error instanceof TypeError && error.message.startsWith('text'));
        assert.equal(chat.pending.length, 0);
        """);

    [Fact]
    public Task Woken_client_replaces_a_dead_connection_before_the_usual_timeout() => RunAsync("""
        const chat = new ChatClient(options);
        chat.connect();
        // The ping has the same millisecond as the last frame from the server.
        const now = Date.now, frozen = now();
        Date.now = () => frozen;
        await chat.send('before');
        room.sockets[0].isDead = true;
        const woken = performance.now();
        chat.wake();
        Date.now = now;
        while (room.sockets.length < 2) await after(10);
        assert.ok(performance.now() - woken < 5_000);
        await chat.send('after');
        // A page that was frozen for longer than a connection may be silent does not even ask.
        Date.now = () => now() + 60_000;
        room.sockets.at(-1).isDead = true;
        chat.wake();
        assert.equal(chat.state, 'connecting');
        chat.close();
        """);

    [Fact]
    public Task Token_is_sent_as_a_subprotocol_and_got_anew_for_each_connection() => RunAsync("""
        let count = 0;
        const chat = new ChatClient({ ...options, token: async () => `a.b.${++count}` });
        chat.connect();
        await chat.send('one');
        room.sockets[0].drop(1006);
        await chat.send('two');
        room.sockets[1].drop(4003, 'token-expired');
        await chat.send('three');
        chat.close();
        assert.deepEqual(room.sockets.map(socket => socket.protocols.at(-1)), [1, 2, 3].map(at => `chat.v1.token.a.b.${at}`));
        assert.ok(room.sockets.every(socket => !socket.url.searchParams.has('token')));
        """);

    [Fact]
    public Task Token_is_renewed_on_the_open_connection_before_it_expires() => RunAsync("""
        const sign = seconds => `e30.${btoa(JSON.stringify({ exp: Date.now() / 1000 + seconds })).replaceAll('=', '')}.x`;
        const tokens = [sign(1), sign(1.2), sign(3600)], got = [...tokens];
        const chat = new ChatClient({ ...options, token: () => got.shift() });
        chat.addEventListener('done', () => assert.fail('The answer is not for the page.'));
        chat.connect();
        while (room.tokens.length < 2) await after(20);
        await chat.send('still connected');
        chat.close();
        assert.deepEqual(room.tokens, tokens.slice(1));
        assert.equal(room.sockets.length, 1);
        """);

    [Fact]
    public Task Refused_token_closes_the_client() => RunAsync("""
        for (const [token, reason] of [['a.b.c', 'token-expired'], [() => 'a.b.c', 'token-refused']]) {
          const chat = new ChatClient({ ...options, token });
          chat.connect();
          await chat.send(reason);
          room.sockets.at(-1).drop(4003, reason);
          while (chat.state !== 'closed') await after(5);
          assert.equal(chat.reason, 'token');
        }
        """);

    [Fact]
    public Task Refused_name_or_token_closes_the_client() => RunAsync("""
        let asked, answer;
        globalThis.fetch = async (address, { headers }) => {
          asked = [`${address}`, headers.Authorization];
          return { status: answer[0], json: async () => ({ code: answer[1], detail: 'No.' }) };
        };
        class Refusing {
          constructor(...join) {
            if (room.sockets.length > 0) return new FakeSocket(...join);
            room.sockets.push(this);
            setImmediate(() => this.onclose({ code: 1006, reason: '' }));
          }
          close() {}
        }
        for (const [token, status, code, reason] of [
          ['', 400, 'reserved-name', 'name'], ['', 401, 'unauthorized', 'private'], ['a.b.c', 401, 'unauthorized', 'token'],
          ['a.b.c', 403, 'forbidden', 'token'], ['a.b.c', 503, 'unavailable', ''], ['a.b.c', 200, undefined, ''],
        ]) {
          room.sockets = [];
          answer = [status, code];
          const chat = new ChatClient({ ...options, token, user: 'admin', WebSocket: Refusing });
          chat.connect();
          while (chat.state !== (reason ? 'closed' : 'online')) await after(5);
          assert.deepEqual(asked, ['http://room.test/rooms/lobby?check=1&user=admin', token ? 'Bearer a.b.c' : undefined]);
          assert.deepEqual([chat.reason, chat.detail], reason ? [reason, 'No.'] : ['', '']);
          chat.close();
        }
        """);

    private static async Task RunAsync(string script)
    {
        var folder = Directory.CreateTempSubdirectory("chat-client-").FullName;
        try
        {
            foreach (var file in (string[])["chat-client.js", "chat-commands.js", "chat-outbox.js", "chat-refusals.js", "chat-token.js"])
                File.Copy(Path.Combine(SourceTree.Root, "clients", "js", file), Path.Combine(folder, file));
            await File.WriteAllTextAsync(Path.Combine(folder, "package.json"), """{"type":"module"}""");
            await File.WriteAllTextAsync(Path.Combine(folder, "test.js"), Room + script);
            await NodeProgram.RunAsync(folder, Eventually.Timeout, "test.js");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
