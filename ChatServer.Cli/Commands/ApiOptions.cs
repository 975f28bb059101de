using System.CommandLine;
using ChatServer.Cli.Deployment;
using ChatServer.Contracts;

namespace ChatServer.Cli.Commands;

/// <summary>Options for the Api that creates the rooms, and for the rooms.</summary>
internal sealed class ApiOptions
{
    // Deletes the rooms of a run that was killed.
    private const int IdleTimeoutSeconds = 600;

    private const string KeyVariable = "KEY";

    private readonly Option<Uri?> _api = NumberOptions.Address(
        "--api", "Api, or a load balancer before it.", new Uri("http://localhost:8080"));
    private readonly Option<string?> _key = NumberOptions.Key("--key", KeyVariable, "Key of the Api.");
    private readonly Option<Durability> _durability = new("--durability")
    {
        Description = "Location of the rooms' logs.",
        DefaultValueFactory = _ => Durability.Redis,
    };

    private readonly Option<int> _history = NumberOptions.Number(
        "--history", "Events that a room keeps.", new RoomOptions().History, 0, RoomOptions.MaxHistory);

    public void AddTo(Command command)
    {
        command.Options.Add(_api);
        command.Options.Add(_key);
        command.Options.Add(_durability);
        command.Options.Add(_history);
    }

    public ApiClient Open(ParseResult parsed, int parallel) =>
        new(parsed.GetValue(_api)!, parsed.KeyOf(_key, KeyVariable), parallel);

    /// <summary>The options of the rooms.</summary>
    public RoomOptions Room(ParseResult parsed) => new()
    {
        Durability = parsed.GetValue(_durability),
        History = parsed.GetValue(_history),
        IdleTimeoutSeconds = IdleTimeoutSeconds,
    };
}
