using ChatServer.Backplane.Hosts;

namespace ChatServer.Tests.Support;

internal static class HostDirectoryExtensions
{
    /// <summary>Returns the live host of that id, or null.</summary>
    public static async Task<HostRecord?> FindAsync(this HostDirectory hosts, string id) =>
        (await hosts.ListAsync()).SingleOrDefault(host => host.Id == id);
}
