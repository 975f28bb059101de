using System.CommandLine;
using ChatServer.Cli.Doctor;
using ChatServer.Settings;

namespace ChatServer.Cli.Commands;

/// <summary><c>doctor</c>: checks the configuration of a deployment.</summary>
internal static class DoctorCommand
{
    private const double DefaultIdleSeconds = 50; // two pings

    public static Command Create()
    {
        var redis = Text("--redis", ServerSettings.Redis.Name, "Connection string of Redis.");
        var apis = Addresses("--api", "Its Apis, each on its own port, comma-separated.");
        var key = Text("--key", "KEY", "Key of the Apis.");
        var admin = NumberOptions.Address("--admin", "Its Admin.");
        var adminKey = Text("--admin-key", "ADMIN_KEY", "Key of the Admin.");
        var balancers = Addresses("--balancers", "Its load balancers, comma-separated.");
        var balancerKey = Text("--balancer-key", "LOADBALANCER_KEY", "Key of the load balancers.");
        var publicUrl = Text("--public-url", "PUBLIC_URL", "Address at which clients reach the load balancers.");
        var roomPorts = Text("--room-ports", ServerSettings.RoomPorts.Name, "First and last port for rooms.");
        var idle = NumberOptions.Seconds(
            "--idle-seconds", "How long a silent connection through PUBLIC_URL is observed; 0: not at all.", DefaultIdleSeconds);

        var command = new Command(
            "doctor",
            "Checks the configuration of a deployment, and of this machine as the machine of a RoomHost. Each finding has a reason and a fix.")
        {
            redis, apis, key, admin, adminKey, balancers, balancerKey, publicUrl, roomPorts, idle,
        };
        return command.Running(async (parsed, phases, ct) =>
        {
            string? Value(Option<string?> option, string variable) =>
                parsed.GetValue(option) ?? Environment.GetEnvironmentVariable(variable);
            string? First(Option<string?> option, string variable) => Value(option, variable)?.Split(',')[0].Trim();
            var target = new DoctorTarget
            {
                Redis = Value(redis, ServerSettings.Redis.Name),
                Apis = parsed.GetValue(apis)!,
                Key = First(key, "KEY"),
                Admin = parsed.GetValue(admin),
                AdminKey = First(adminKey, "ADMIN_KEY"),
                Balancers = parsed.GetValue(balancers)!,
                BalancerKey = First(balancerKey, "LOADBALANCER_KEY"),
                PublicUrl = Value(publicUrl, "PUBLIC_URL") is { } url ? Parse(url, "--public-url") : null,
                RoomPorts = ReadRoomPorts(Value(roomPorts, ServerSettings.RoomPorts.Name)),
                IdleTime = TimeSpan.FromSeconds(parsed.GetValue(idle)),
            };
            return await DoctorRun.RunAsync(target, phases, ct);
        });
    }

    private static Option<string?> Text(string name, string variable, string description) => new(name)
    {
        Description = $"{description} Without it, {variable} of the environment.",
    };

    private static Option<IReadOnlyList<Uri>> Addresses(string name, string description) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => [],
        CustomParser = result =>
        {
            var texts = result.Tokens[0].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            try
            {
                return [.. texts.Select(text => Parse(text, name))];
            }
            catch (CliException e)
            {
                result.AddError(e.Message);
                return [];
            }
        },
    };

    // A relative URL replaces the last segment of a path that does not end with a slash.
    private static Uri Parse(string text, string name) =>
        Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var uri)
            && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
            ? uri
            : throw new CliException($"{name} is '{text}', not an address such as http://localhost:8080.");

    private static (int First, int Last) ReadRoomPorts(string? text)
    {
        try
        {
            return ServerSettings.RoomPorts.Read(name => name == ServerSettings.RoomPorts.ConfigurationKey ? text : null);
        }
        catch (StartupException e)
        {
            throw new CliException(e.Message);
        }
    }
}
