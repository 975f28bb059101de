using System.CommandLine;
using ChatServer.Cli.Deployment;

namespace ChatServer.Cli.Commands;

/// <summary>Options for the Admin that deletes the rooms of a run.</summary>
internal sealed class AdminOptions
{
    private const string KeyVariable = "ADMIN_KEY";

    private readonly Option<Uri?> _admin = NumberOptions.Address(
        "--admin",
        "Admin that deletes the rooms afterwards, e.g. http://localhost:8090. Without it, rooms close when they have been empty for ten "
            + "minutes.");

    private readonly Option<string?> _key = NumberOptions.Key("--admin-key", KeyVariable, "Key of the Admin.");

    public void AddTo(Command command)
    {
        command.Options.Add(_admin);
        command.Options.Add(_key);
    }

    /// <summary>The Admin; null without the option.</summary>
    public ApiClient? Open(ParseResult parsed, int parallel) =>
        parsed.GetValue(_admin) is { } admin ? new ApiClient(admin, parsed.KeyOf(_key, KeyVariable), parallel) : null;
}
