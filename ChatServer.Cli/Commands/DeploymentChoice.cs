using System.CommandLine;
using System.Net;
using ChatServer.Cli.Deployment;
using ChatServer.Cli.Drill.Deployments;

namespace ChatServer.Cli.Commands;

/// <summary>The deployment that a command uses: a running one at <c>--api</c>, or one that the command starts.</summary>
internal sealed class DeploymentChoice
{
    private const string KeyVariable = "KEY";
    private const int Parallel = 8;

    private readonly Option<Uri?> _api = NumberOptions.Address(
        "--api",
        "Api of a running deployment, or a load balancer before it. Without it, the command starts its own deployment on this machine.");

    private readonly Option<string?> _key = NumberOptions.Key("--key", KeyVariable, "Key of the Api.");
    private readonly Option<string[]> _balancers = new("--balancers")
    {
        Description = "Its load balancers, comma-separated, e.g. http://localhost:2000,http://localhost:2001.",
    };

    private readonly AdminOptions _admin = new();
    private readonly Option<string[]> _pids = new("--pid")
    {
        Description = "Its process on this machine, for faults of processes: roomhost-1=1234, or with a file that contains the id: "
            + "roomhost-1=/run/roomhost-1.pid.",
    };

    private readonly Option<string?> _services = new("--services")
    {
        Description = "Own deployment: folder with the published services. Default: the folder of this program.",
    };

    private readonly IReadOnlyList<(RedisKind Kind, Option<bool> Option)> _redis =
    [
        Redis(RedisKind.Embedded, "--embedded-redis", "ChatServer.Redis with a data folder, even if redis-server is installed."),
        Redis(RedisKind.Cluster, "--redis-cluster", "a Redis Cluster of three masters and three replicas."),
        Redis(RedisKind.Sentinel, "--redis-sentinel", "a primary, a replica and three Sentinels."),
        Redis(RedisKind.Replica, "--redis-replica", "a primary and a replica, which the drill promotes."),
    ];

    private readonly Option<int?> _port = NumberOptions.OptionalNumber(
        "--first-port", "Own deployment: its first port; the others follow. Default: free ports.", 1, IPEndPoint.MaxPort);

    public void AddTo(Command command)
    {
        command.Options.Add(_api);
        command.Options.Add(_key);
        command.Options.Add(_balancers);
        _admin.AddTo(command);
        command.Options.Add(_pids);
        command.Options.Add(_services);
        foreach (var (_, option) in _redis)
            command.Options.Add(option);
        command.Options.Add(_port);
    }

    public async Task<IDeployment> OpenAsync(ParseResult parsed, int rooms, Reports.IPhases phases, CancellationToken ct)
    {
        if (parsed.GetValue(_api) is { } api)
        {
            var processes = (parsed.GetValue(_pids) ?? []).Select(AttachedProcess.Parse).ToList();
            var balancers = (parsed.GetValue(_balancers) ?? [])
                .SelectMany(text => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                .Select(Balancer).ToList();
            if (balancers.Count == 0)
                throw new CliException("--balancers is missing: members join through load balancers.");
            return new AttachedDeployment(new ApiClient(api, parsed.KeyOf(_key, KeyVariable), Parallel), _admin.Open(parsed, Parallel),
                balancers, processes);
        }
        using var starting = phases.Begin("starting a deployment", 1);
        return await LaunchedDeployment.StartAsync(
            new LaunchPlan
            {
                Services = parsed.GetValue(_services),
                Redis = RedisOf(parsed),
                FirstPort = parsed.GetValue(_port),
                Rooms = rooms,
                Parallel = Parallel,
            },
            ct);
    }

    private static (RedisKind Kind, Option<bool> Option) Redis(RedisKind kind, string name, string description) =>
        (kind, new Option<bool>(name) { Description = $"Own deployment: {description}" });

    private RedisKind RedisOf(ParseResult parsed) => _redis.Where(redis => parsed.GetValue(redis.Option)).ToList() switch
    {
        [] => RedisKind.Single,
        [var (kind, _)] => kind,
        var several => throw new CliException($"{string.Join(" and ", several.Select(redis => redis.Option.Name))} exclude each other."),
    };

    private static Uri Balancer(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
            ? uri
            : throw new CliException($"--balancers has '{text}', not an address such as http://localhost:2000.");
}
