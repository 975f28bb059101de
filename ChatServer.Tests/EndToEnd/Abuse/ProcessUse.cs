using System.Globalization;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.EndToEnd.Abuse;

/// <summary>Memory and sockets of a process, compared with those at the creation of this object.</summary>
internal sealed class ProcessUse
{
    private readonly Service _service;
    private readonly long _bytes;
    private readonly int _sockets;

    public ProcessUse(Service service)
    {
        _service = service;
        (_bytes, _sockets) = (ResidentBytes(), Sockets());
    }

    /// <summary>Resident memory that was added.</summary>
    public long GrowthBytes => ResidentBytes() - _bytes;

    /// <summary>Sockets that were added.</summary>
    public int NewSockets => Sockets() - _sockets;

    private long ResidentBytes() => 1024 * long.Parse(
        File.ReadLines($"/proc/{_service.Id}/status").Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

    // Other descriptors are pipes of the threads that send: a few for each thread of the pool.
    private int Sockets() => Directory.GetFiles($"/proc/{_service.Id}/fd")
        .Count(descriptor => new FileInfo(descriptor).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true);
}
