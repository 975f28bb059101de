using System.Globalization;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.EndToEnd.Abuse;

/// <summary>Where an attacker connects.</summary>
public enum Entrance
{
    LoadBalancer,
    RoomPort,
}

/// <summary>The address at which an attacker joins a room.</summary>
/// <param name="Port">The port on this machine.</param>
/// <param name="Path">The path of the room.</param>
public sealed record AttackTarget(int Port, string Path)
{
    /// <summary>Completes a handshake.</summary>
    public Task<RawWebSocket> JoinAsync(string query = "", Action<System.Net.Sockets.Socket>? prepare = null) =>
        RawWebSocket.JoinAsync(Port, $"{Path}?{query}", prepare);

    /// <summary>The address for a handshake whose answer is examined.</summary>
    public Uri Url(string query) => new($"http://localhost:{Port}{Path}?{query}");
}

/// <summary>
/// Attacks on a room in which two bystanders chat. A bystander's message must be acknowledged and reach the other one, however the attack
/// goes. Each test runs a small attack; with <c>ABUSE=full</c> the sizes are those of docs/reliability.md, and the figures are printed.
/// </summary>
public abstract class AbuseTests(SharedAppHost shared) : DeploymentTests(shared)
{
    // Of a process, beyond what it had before: the ring of a room, buffers of the pool, and garbage.
    private const long MaxGrowthBytes = 192L * 1024 * 1024;

    // That a process may keep: connections to other services are opened when they are needed.
    private const int MaxNewSockets = 32;

    /// <summary>Whether the sizes are those of the documentation.</summary>
    protected static bool IsFullSize { get; } = Environment.GetEnvironmentVariable("ABUSE") == "full";

    /// <summary>A size of an attack.</summary>
    protected static int Size(int reduced, int full) => IsFullSize ? full : reduced;

    /// <summary>Runs an attack while bystanders chat, and checks them and the processes afterwards.</summary>
    /// <param name="entrance">Where the attacker connects.</param>
    /// <param name="attack">The attack; it may end before the bystanders have said enough.</param>
    protected async Task AttackAsync(Entrance entrance, Func<AttackTarget, Task> attack)
    {
        var room = $"attacked-{Guid.NewGuid():N}";
        var port = (await Deployment.CreateAsync(room)).Port;
        var target = entrance == Entrance.RoomPort
            ? new AttackTarget(port, "/") : new AttackTarget(Deployment.Entrances[0], $"/rooms/{room}");
        await using var bystanders = new Bystanders(
            await Deployment.JoinAsync(Deployment.Entrances[0], room, "user=ann"), await RoomClient.JoinAsync(port, "user=bob"));
        var processes = Deployment.Processes("RoomHost").Concat(Deployment.Processes("LoadBalancer"))
            .Select(service => new ProcessUse(service)).ToList();

        var figures = await bystanders.ChatUntilAsync(attack(target));

        foreach (var process in processes)
        {
            await Eventually.Async(() => process.NewSockets, count => count <= MaxNewSockets);
            await Eventually.Async(() => process.GrowthBytes, bytes => bytes <= MaxGrowthBytes);
        }
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{TestContext.Current.TestMethod?.MethodName} {entrance}: {figures}, memory {processes.Max(p => p.GrowthBytes) >> 20:+0;-0} MB"));
    }
}
