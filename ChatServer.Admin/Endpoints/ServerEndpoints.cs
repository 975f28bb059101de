using ChatServer.Backplane.Hosts;
using ChatServer.Backplane.Messages;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Web;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChatServer.Admin.Endpoints;

/// <summary>The server as a whole: version, load, shutdown.</summary>
internal static class ServerEndpoints
{
    public static void MapServer(this IEndpointRouteBuilder app)
    {
        var server = app.MapGroup("/api/v1")
            .RequireApiKey(app.ServiceProvider.GetRequiredService<ApiKeys>())
            .Audited()
            .WithTags("Server");

        server.MapGet("/", About)
            .WithName("about")
            .WithSummary("Get name and version of this process");
        server.MapGet("/load", LoadAsync)
            .WithName("load")
            .WithSummary("Get the load of the machine and the hosts");
        server.MapDelete("/shutdown", ShutdownAsync)
            .WithName("shutdown")
            .WithSummary("Shut the whole server down")
            .WithDescription("""
                No new rooms are created; all rooms close but keep their histories; RoomHosts and Apis exit. The Admin and the load
                balancers continue.
                """);
    }

    private static Ok<Data<AppInfo>> About() => DataResults.Ok(new AppInfo("Admin chatserver", AppInfo.CurrentVersion));

    private static async Task<Ok<Data<LoadReport>>> LoadAsync(
        MachineStats machine, HostDirectory hosts, RoomDirectory rooms, CancellationToken ct)
    {
        var alive = await hosts.ListAsync(ct);
        var names = await rooms.NamesAsync(ct);
        var (total, free) = machine.Memory();
        return DataResults.Ok(new LoadReport(
            LoadAvg: machine.LoadAverages(),
            TotalMemory: total,
            FreeMemory: free,
            Percentage: Math.Round(100.0 * (total - free) / total, 2),
            Cpus: Environment.ProcessorCount,
            Rooms: string.Join(',', names),
            Capacity: alive.Where(host => host.AcceptsRooms).Sum(host => Math.Max(0, host.Capacity - host.Rooms)),
            OsUpTime: machine.OsUpTime,
            UpTime: machine.UpTime,
            AcceptingConnections: alive.Any(host => host.AcceptsRooms),
            Hosts: [.. alive.Select(Describe)]));
    }

    private static HostLoad Describe(HostRecord host) => new(
        host.Id, host.Address, host.Rooms, host.Capacity, host.Connections, host.MessagesPerSecond, host.Cpu, host.Memory, host.State,
        host.Version, host.LastSeen);

    private static async Task<Accepted<Data<ServerShutdown>>> ShutdownAsync(ClusterShutdown shutdown, RoomDirectory rooms)
    {
        var count = (int)await rooms.CountAsync();
        await shutdown.OrderAsync();
        return DataResults.Accepted(new ServerShutdown("Shutting down", count));
    }
}
