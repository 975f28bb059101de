namespace ChatServer.LocalHosting.Resources;

/// <summary>Where a resource is in its life.</summary>
internal enum ResourceState
{
    /// <summary>For another resource, or for its first start.</summary>
    Waiting,

    /// <summary>The process was started and is not healthy yet.</summary>
    Starting,

    /// <summary>Running, and healthy where there is a health check.</summary>
    Running,

    /// <summary>Running, and its health check fails.</summary>
    Unhealthy,

    /// <summary>Asked to end.</summary>
    Stopping,

    /// <summary>Ended because somebody asked for it.</summary>
    Stopped,

    /// <summary>Ended by itself, and is not started again.</summary>
    Exited,

    /// <summary>Crashed, and waits to be started again.</summary>
    Failed,
}

/// <summary>An address of a resource that can be opened.</summary>
internal sealed record ResourceEndpoint(string Name, string Url);

/// <summary>A variable of a resource's environment; <paramref name="IsSecret"/> hides its value from whoever only looks.</summary>
internal sealed record ResourceVariable(string Name, string Value, bool IsSecret = false);

/// <summary>Everything about a resource that changes, at one moment.</summary>
internal sealed record ResourceStatus
{
    public ResourceState State { get; init; } = ResourceState.Waiting;

    /// <summary>Why it is so, for people: "waits for redis", "exit code 134, again in 4 s". Null when the state says it all.</summary>
    public string? Reason { get; init; }

    /// <summary>Starts after the first one, asked for or not.</summary>
    public int Restarts { get; init; }

    /// <summary>The running process; null when there is none.</summary>
    public int? ProcessId { get; init; }

    /// <summary>The exit code of the last process that ended.</summary>
    public int? ExitCode { get; init; }

    /// <summary>When the running process was started; null when there is none.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    public IReadOnlyList<ResourceEndpoint> Endpoints { get; init; } = [];

    public IReadOnlyList<ResourceVariable> Environment { get; init; } = [];
}
