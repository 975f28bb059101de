using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace ChatServer.Client.Log;

/// <summary>
/// Messages that are not acknowledged, in the order in which they were sent. A message is removed by its echo, by a permanent
/// error, or by cancellation. A new connection sends all of them again with the same ids.
/// </summary>
internal sealed class PendingMessageQueue(int capacity)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<PendingMessage> _messages = [];
    private readonly Dictionary<string, LinkedListNode<PendingMessage>> _byId = [];
    private readonly Channel<bool> _capacity = Channel.CreateBounded<bool>(capacity);
    private int _unsent;
    private (int Code, string Reason)? _closed;

    /// <summary>Raised on any thread if there is a message to send.</summary>
    public event Action? UnsentAvailable;

    /// <summary>Whether a caller waits for an acknowledgement.</summary>
    public bool HasPending
    {
        get
        {
            lock (_gate)
                return _messages.Count > 0;
        }
    }

    /// <summary>Whether there is a message to send.</summary>
    public bool HasUnsent => Volatile.Read(ref _unsent) > 0;

    /// <summary>Adds a message and waits until the log contains it. A cancelled message is not sent again.</summary>
    public async Task<Message> SayAsync(string text, CancellationToken ct)
    {
        await _capacity.Writer.WriteAsync(true, ct).ConfigureAwait(false);
        try
        {
            // The id is random, so a message of another member cannot be mistaken for the echo.
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

    /// <summary>The next message to send, if there is one; marks it as sent.</summary>
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

    /// <summary>A new connection begins: marks all messages as unsent.</summary>
    public void MarkAllUnsent()
    {
        lock (_gate)
        {
            foreach (var message in _messages)
                message.IsSent = false;
            _unsent = _messages.Count;
        }
    }

    /// <summary>Acknowledges a message with its echo. False: the queue does not contain it.</summary>
    public bool Acknowledge(Message echo) => Remove(echo.Id) is { } message && message.Done.TrySetResult(echo);

    /// <summary>The room refused a message temporarily: it is sent again.</summary>
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

    /// <summary>The room refused a message permanently.</summary>
    public bool Refuse(string id, string code, string message) =>
        Remove(id) is { } refused && refused.Done.TrySetException(new MessageRefusedException(code, message));

    /// <summary>Fails all pending and all later messages.</summary>
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

        /// <summary>Whether the current connection has sent it. Guarded by the queue.</summary>
        public bool IsSent { get; set; }

        public TaskCompletionSource<Message> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
