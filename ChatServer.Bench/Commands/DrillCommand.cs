using System.CommandLine;
using ChatServer.Bench.Deployment;
using ChatServer.Bench.Drill;
using ChatServer.Bench.Drill.Deployments;

namespace ChatServer.Bench.Commands;

/// <summary><c>drill</c>: the effect of faults on members, and whether messages were lost.</summary>
internal static class DrillCommand
{
    private const string KeyVariable = "KEY";
    private const int Parallel = 8;

    public static Command Create()
    {
        var names = Fault.All.Select(f => f.Name).ToArray();
        var faults = new Option<string[]>("--fault")
        {
            Description = $"What goes wrong, one after the other: {string.Join(", ", names)}.",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
        };
        faults.AcceptOnlyFromAmong(names);
        var times = BenchOptions.Number("--times", "How often each does.", 1, 1, 10_000);
        var rooms = BenchOptions.Number("--rooms", "Rooms.", 50, 1, 5000);
        var members = BenchOptions.Number("--members", "Members of all rooms together; each room has a witness besides.", 500, 1, 100_000);
        var rate = BenchOptions.Number("--rate", "Messages a second, of all rooms together.", 200, 1, 100_000);
        var pause = BenchOptions.Seconds("--pause", "Seconds of calm between two faults.", 2);
        var patience = BenchOptions.Seconds("--patience", "Seconds after a fault in which everybody must have everything again.", 60,
            least: 1);
        var target = new DrillTarget();

        var command = new Command(
            "drill", "Faults while members send messages: lost, repeated or moved messages, and the time without a connection.")
        {
            faults, times, rooms, members, rate, pause, patience,
        };
        target.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(members) < result.GetValue(rooms))
                result.AddError("--members is less than --rooms: every room needs one.");
        });

        return command.Running(async (parsed, phases, ct) =>
        {
            var plan = new DrillPlan
            {
                Faults = [.. parsed.GetValue(faults)!.Select(name => Fault.All.Single(f => f.Name == name))],
                Times = parsed.GetValue(times),
                Rooms = parsed.GetValue(rooms),
                Members = parsed.GetValue(members),
                Rate = parsed.GetValue(rate),
                Pause = TimeSpan.FromSeconds(parsed.GetValue(pause)),
                SettleTimeout = TimeSpan.FromSeconds(parsed.GetValue(patience)),
            };
            await using var deployment = await target.OpenAsync(parsed, plan.Rooms, phases, ct);
            return await new DrillRun(plan, deployment, phases).RunAsync(ct);
        });
    }

    /// <summary>The deployment: a running one at <c>--api</c>, or one that the drill starts.</summary>
    private sealed class DrillTarget
    {
        private readonly Option<Uri?> _api = BenchOptions.Address(
            "--api",
            "Api of a running deployment, or a load balancer before it. Without it, the drill starts its own deployment on this machine.");

        private readonly Option<string?> _key = BenchOptions.Key("--key", KeyVariable, "Key of the Api.");
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

        private readonly Option<bool> _embedded = new("--embedded-redis")
        {
            Description = "Own deployment: ChatServer.Redis with a data folder, even if redis-server is installed.",
        };

        private readonly Option<int?> _port = new("--first-port")
        {
            Description = "Own deployment: its first port; the others follow. Default: free ports.",
        };

        public void AddTo(Command command)
        {
            command.Options.Add(_api);
            command.Options.Add(_key);
            command.Options.Add(_balancers);
            _admin.AddTo(command);
            command.Options.Add(_pids);
            command.Options.Add(_services);
            command.Options.Add(_embedded);
            command.Options.Add(_port);
            command.Validators.Add(result =>
            {
                if (result.GetValue(_api) is not null && result.GetValue(_balancers) is not { Length: > 0 })
                    result.AddError("--balancers is missing: members join through load balancers.");
            });
        }

        public async Task<IDeployment> OpenAsync(ParseResult parsed, int rooms, Reports.IPhases phases, CancellationToken ct)
        {
            if (parsed.GetValue(_api) is { } api)
            {
                var processes = (parsed.GetValue(_pids) ?? []).Select(AttachedProcess.Parse).ToList();
                var balancers = parsed.GetValue(_balancers)!
                    .SelectMany(text => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                    .Select(Balancer).ToList();
                return new AttachedDeployment(new ApiClient(api, parsed.KeyOf(_key, KeyVariable), Parallel), _admin.Open(parsed, Parallel),
                    balancers, processes);
            }
            using var starting = phases.Begin("starting a deployment", 1);
            return await LaunchedDeployment.StartAsync(
                new LaunchPlan
                {
                    Services = parsed.GetValue(_services),
                    EmbeddedRedis = parsed.GetValue(_embedded),
                    FirstPort = parsed.GetValue(_port),
                    Rooms = rooms,
                    Parallel = Parallel,
                },
                ct);
        }

        private static Uri Balancer(string text) =>
            Uri.TryCreate(text, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
                ? uri
                : throw new BenchException($"--balancers has '{text}', not an address such as http://localhost:2000.");
    }
}
