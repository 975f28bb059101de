namespace ChatServer.LocalHosting.Resources;

/// <summary>What a resource is.</summary>
internal enum ResourceKind
{
    Project,
    Executable,
    ConnectionString,
    Parameter,
}

/// <summary>What people can ask of a resource.</summary>
internal enum ResourceCommand
{
    Start,
    Stop,
    Restart,
}

/// <summary>One resource of the topology: what it is, how it fares, and what it said. Made by <see cref="ResourceBoard.Add"/>.</summary>
internal sealed class Resource(string name, ResourceKind kind, ResourceLog log, Revision changes)
{
    private readonly Lock _changing = new();
    private volatile ResourceStatus _status = new();

    public string Name => name;

    public ResourceKind Kind => kind;

    public ResourceLog Log => log;

    /// <summary>How it fares now: read it once where two of its values must belong together.</summary>
    public ResourceStatus Status => _status;

    /// <summary>Carries a command out, and returns when it is under way or has failed. Null: there is nothing to start or stop,
    /// as with a parameter. The runner sets it before the resource is shown.</summary>
    public Func<ResourceCommand, CancellationToken, Task>? Commands { get; set; }

    /// <summary>The only way to change the status. Whoever watches the board is told, unless nothing changed.</summary>
    /// <param name="change">From the current status to the next one. Short, and without waiting: others wait for it.</param>
    public void Change(Func<ResourceStatus, ResourceStatus> change)
    {
        lock (_changing)
        {
            var next = change(_status);
            if (next == _status)
                return;
            _status = next;
        }
        changes.Advance();
    }

    /// <summary>Whether <paramref name="command"/> means something in the state that the resource is in.</summary>
    public bool Takes(ResourceCommand command) => Commands is not null && (command, _status.State) switch
    {
        (_, ResourceState.Stopping) => false,
        (ResourceCommand.Start, var state) => state is ResourceState.Stopped or ResourceState.Exited,
        (ResourceCommand.Stop, var state) => state is not (ResourceState.Stopped or ResourceState.Exited),
        // Of one that crashed: now, instead of when its turn has come.
        (ResourceCommand.Restart, var state) => state is ResourceState.Starting or ResourceState.Running or ResourceState.Unhealthy or ResourceState.Failed,
        _ => false,
    };
}
