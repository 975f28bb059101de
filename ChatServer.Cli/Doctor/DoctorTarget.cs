namespace ChatServer.Cli.Doctor;

/// <summary>What is known about the deployment. A check whose values are missing is reported as not done.</summary>
internal sealed record DoctorTarget
{
    /// <summary>Connection string of Redis.</summary>
    public string? Redis { get; init; }

    /// <summary>The Apis, each on its own port.</summary>
    public IReadOnlyList<Uri> Apis { get; init; } = [];

    /// <summary>A key of the Apis.</summary>
    public string? Key { get; init; }

    /// <summary>The Admin.</summary>
    public Uri? Admin { get; init; }

    /// <summary>A key of the Admin.</summary>
    public string? AdminKey { get; init; }

    /// <summary>The load balancers.</summary>
    public IReadOnlyList<Uri> Balancers { get; init; } = [];

    /// <summary>A key of the load balancers.</summary>
    public string? BalancerKey { get; init; }

    /// <summary>The address at which clients reach the load balancers.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>First and last port for rooms of the RoomHosts.</summary>
    public (int First, int Last) RoomPorts { get; init; }

    /// <summary>How long a silent connection is observed.</summary>
    public TimeSpan IdleTime { get; init; }

    /// <summary>The folder of the kernel's settings: <c>/proc</c>.</summary>
    public string KernelFolder { get; init; } = "/proc";
}
