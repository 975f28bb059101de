using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace ChatServer.Client;

/// <summary>
/// What was said and is not known to be logged, in the order in which it was said. A message leaves it by its echo, by an error that is
/// final, or because its sender does not want to know any more; a new connection sends everything again under the same ids.
/// </summary>
internal sealed class PendingMessageQueue(int capacity)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<PendingMessage> _messages = [];
    private readonly Dictionary<string, LinkedListNode<PendingMessage>> _byId = [];
    private readonly Channel<bool> _capacity = Channel.CreateBounded<bool>(capacity);
    private int _unsent;
    private (int Code, string Reason)? _closed;

    /// <summary>Raised, on any thread, when there is something to send.</summary>
    public event Action? UnsentAvailable;

    /// <summary>Whether somebody waits for an acknowledgement.</summary>
    public bool HasPending
    {
        get
        {
            lock (_gate)
                return _messages.Count > 0;
        }
    }

    /// <summary>Whether something is yet to be sent.</summary>
    public bool HasUnsent => Volatile.Read(ref _unsent) > 0;

    /// <summary>Puts a message in and waits until the log holds it. Cancelled, it is not sent (again).</summary>
    public async Task<Message> SayAsync(string text, CancellationToken ct)
    {
        await _capacity.Writer.WriteAsync(true, ct).ConfigureAwait(false);
        try
        {
            // Nobody can guess the id, so nobody else's message can be taken for this one's echo.
            var pending = new PendingMessage(Guid.NewGuid().ToString("N"), text);
            lock (_gate)
            {
                if (_closed is { } closed)
                    throw new RoomClosedException(closed.Code, closed.Reason);
                _byId[pending.Id] = _messages.AddLast(pending);
                _unsent++;
            }
            UnsentAvailable?.Invoke();
            await using var cancelled = ct.UnsafeRegister(
                static (state, token) =>
                {
                    var (queue, id) = ((PendingMessageQueue, string))state!;
                    queue.Remove(id)?.Done.TrySetCanceled(token);
                },
                (this, pending.Id)).ConfigureAwait(false);
            return await pending.Done.Task.ConfigureAwait(false);
        }
        finally
        {
            _capacity.Reader.TryRead(out _);
        }
    }

    /// <summary>The next message to send, if there is one; from then on it counts as sent.</summary>
    public bool TryTake([NotNullWhen(true)] out PendingMessage? message)
    {
        lock (_gate)
        {
            message = null;
            if (_unsent == 0)
                return false;
            message = _messages.First(static m => !m.IsSent);
            message.IsSent = true;
            _unsent--;
            return true;
        }
    }

    /// <summary>A new connection begins: nothing of this was sent on it.</summary>
    public void MarkAllUnsent()
    {
        lock (_gate)
        {
            foreach (var message in _messages)
                message.IsSent = false;
            _unsent = _messages.Count;
        }
    }

    /// <summary>The echo of a message: the log holds it. False: it is not one that we wait for.</summary>
    public bool Acknowledge(Message echo) => Remove(echo.Id) is { } message && message.Done.TrySetResult(echo);

    /// <summary>The room does not take a message now: it will be sent again.</summary>
    public bool MarkUnsent(string id)
    {
        lock (_gate)
        {
            if (!_byId.TryGetValue(id, out var node))
                return false;
            if (node.Value.IsSent)
                _unsent++;
            node.Value.IsSent = false;
            return true;
        }
    }

    /// <summary>The room does not take a message, ever.</summary>
    public bool Refuse(string id, string code, string message) =>
        Remove(id) is { } refused && refused.Done.TrySetException(new MessageRefusedException(code, message));

    /// <summary>Fails what waits, and what comes.</summary>
    public void Close(int code, string reason)
    {
        List<PendingMessage> messages;
        lock (_gate)
        {
            _closed ??= (code, reason);
            messages = [.. _messages];
            _messages.Clear();
            _byId.Clear();
            _unsent = 0;
        }
        foreach (var message in messages)
            message.Done.TrySetException(new RoomClosedException(code, reason));
    }

    private PendingMessage? Remove(string id)
    {
        lock (_gate)
        {
            if (!_byId.Remove(id, out var node))
                return null;
            _messages.Remove(node);
            if (!node.Value.IsSent)
                _unsent--;
            return node.Value;
        }
    }

    /// <summary>A message that waits for its echo.</summary>
    internal sealed class PendingMessage(string id, string text)
    {
        public string Id { get; } = id;

        public string Text { get; } = text;

        /// <summary>Whether this connection has sent it. Guarded by the queue.</summary>
        public bool IsSent { get; set; }

        public TaskCompletionSource<Message> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
