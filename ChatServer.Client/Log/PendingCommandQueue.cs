using System.Diagnostics.CodeAnalysis;
using ChatServer.Client.Connections;

namespace ChatServer.Client.Log;

/// <summary>
/// Commands that the room has not answered. A new connection sends all of them again with the same ids; the room carries each id out once.
/// </summary>
internal sealed class PendingCommandQueue
{
    private readonly Lock _gate = new();
    private readonly List<PendingCommand> _commands = [];
    private (int Code, string Reason)? _closed;

    /// <summary>Raised on any thread if there is a command to send.</summary>
    public event Action? UnsentAvailable;

    /// <summary>Whether there is a command to send.</summary>
    public bool HasUnsent
    {
        get
        {
            lock (_gate)
                return _commands.Exists(static c => !c.IsSent);
        }
    }

    /// <summary>Adds a command and waits until the room has answered it. A cancelled command is not sent again.</summary>
    public async Task RunAsync(ClientCommand command, CancellationToken ct)
    {
        var pending = new PendingCommand(Guid.NewGuid().ToString("N"), command);
        lock (_gate)
        {
            if (_closed is { } closed)
                throw new RoomClosedException(closed.Code, closed.Reason);
            _commands.Add(pending);
        }
        UnsentAvailable?.Invoke();
        await using var cancelled = ct.UnsafeRegister(
            static (state, token) =>
            {
                var (queue, id) = ((PendingCommandQueue, string))state!;
                queue.Remove(id)?.Done.TrySetCanceled(token);
            },
            (this, pending.Id)).ConfigureAwait(false);
        await pending.Done.Task.ConfigureAwait(false);
    }

    /// <summary>The next command to send, if there is one; marks it as sent.</summary>
    public bool TryTake([NotNullWhen(true)] out PendingCommand? command)
    {
        lock (_gate)
        {
            command = _commands.Find(static c => !c.IsSent);
            if (command is null)
                return false;
            command.IsSent = true;
            return true;
        }
    }

    /// <summary>A new connection begins: marks all commands as unsent.</summary>
    public void MarkAllUnsent()
    {
        lock (_gate)
            _commands.ForEach(static c => c.IsSent = false);
    }

    /// <summary>The room refused a command temporarily: it is sent again. False: the queue does not contain it.</summary>
    public bool MarkUnsent(string id)
    {
        lock (_gate)
        {
            if (_commands.Find(c => c.Id == id) is not { } command)
                return false;
            command.IsSent = false;
            return true;
        }
    }

    /// <summary>The room carried a command out. False: the queue does not contain it.</summary>
    public bool Complete(string? id) => Remove(id) is { } command && command.Done.TrySetResult();

    /// <summary>The room refused a command permanently. False: the queue does not contain it.</summary>
    public bool Refuse(string id, string code, string message) =>
        Remove(id) is { } refused && refused.Done.TrySetException(new CommandRefusedException(code, message));

    /// <summary>Fails all pending and all later commands.</summary>
    public void Close(int code, string reason)
    {
        List<PendingCommand> commands;
        lock (_gate)
        {
            _closed ??= (code, reason);
            commands = [.. _commands];
            _commands.Clear();
        }
        foreach (var command in commands)
            command.Done.TrySetException(new RoomClosedException(code, reason));
    }

    private PendingCommand? Remove(string? id)
    {
        lock (_gate)
        {
            var command = _commands.Find(c => c.Id == id);
            if (command is not null)
                _commands.Remove(command);
            return command;
        }
    }

    /// <summary>A command that waits for its answer.</summary>
    internal sealed class PendingCommand(string id, ClientCommand command)
    {
        public string Id { get; } = id;

        public ClientCommand Command { get; } = command;

        /// <summary>Whether the current connection has sent it. Guarded by the queue.</summary>
        public bool IsSent { get; set; }

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
