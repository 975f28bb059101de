using System.CommandLine;
using ChatServer.Cli.Deployment;
using ChatServer.Cli.Sockets;

namespace ChatServer.Cli.Commands;

/// <summary>The room that a command joins: a new one, or the one at <c>--url</c>.</summary>
internal sealed class RoomChoice
{
    private readonly Option<string?> _url = new("--url")
    {
        Description = "Join this room, e.g. ws://localhost:34000/, instead of a new one.",
    };

    private readonly Option<RoomRoute> _through = new("--through")
    {
        Description = "Join the new room at its port, or through the load balancer in its description.",
        DefaultValueFactory = _ => RoomRoute.Port,
    };

    private readonly ApiOptions _api = new();
    private readonly AdminOptions _admin = new();

    private enum RoomRoute
    {
        Port,
        Balancer,
    }

    public void AddTo(Command command)
    {
        command.Options.Add(_url);
        command.Options.Add(_through);
        _api.AddTo(command);
        _admin.AddTo(command);
    }

    /// <summary>Runs <paramref name="run"/> with the room, and then deletes the room if there is an Admin.</summary>
    public async Task<T> UseAsync<T>(ParseResult parsed, Func<RoomAddress, Task<T>> run, CancellationToken ct)
    {
        if (parsed.GetValue(_url) is { } url)
            return await run(await RoomAddress.ResolveAsync(url, ct));

        using var api = _api.Open(parsed, parallel: 1);
        using var admin = _admin.Open(parsed, parallel: 1);
        var name = $"bench-{Guid.NewGuid():N}";
        await api.CreateAsync(name, _api.Room(parsed), ct);
        try
        {
            var room = await api.DescribeAsync(name, ct);
            return await run(await RoomAddress.ResolveAsync(parsed.GetValue(_through) == RoomRoute.Balancer ? room.Url
                : Contracts.RoomUrls.Direct(room.Host, room.Port), ct));
        }
        finally
        {
            if (admin is not null)
                await admin.DeleteAsync(name, CancellationToken.None);
        }
    }
}
