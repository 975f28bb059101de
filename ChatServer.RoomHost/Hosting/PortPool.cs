using ChatServer.RoomHost.Sockets;

namespace ChatServer.RoomHost.Hosting;

/// <summary>The ports that rooms may have; a room gets the lowest free one. Not thread-safe beyond its own lock.</summary>
internal sealed class PortPool(RoomPorts ports, (int First, int Last) range, TimeProvider time)
{
    // A port that somebody else holds (outgoing connections may use this range) is tried again after this long.
    private static readonly TimeSpan RetryTaken = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly SortedSet<int> _free = [];
    private readonly Queue<(int Port, long Since)> _taken = [];
    private int _next = range.First;

    /// <summary>Opens <paramref name="preferred"/> if it can be had, else the lowest free port; null when there is none.</summary>
    public int? Open(object room, int preferred)
    {
        lock (_gate)
        {
            if (preferred >= range.First && preferred <= range.Last && ports.TryOpen(preferred, room))
            {
                _free.Remove(preferred);
                return preferred;
            }
            while (_taken.TryPeek(out var taken) && time.GetElapsedTime(taken.Since) >= RetryTaken)
                _free.Add(_taken.Dequeue().Port);
            while (Lowest() is { } port)
            {
                if (ports.TryOpen(port, room))
                    return port;
                if (!ports.IsOpen(port))
                    _taken.Enqueue((port, time.GetTimestamp()));
            }
            return null;
        }
    }

    /// <summary>Closes a port and makes it free.</summary>
    public void Close(int port)
    {
        ports.Close(port);
        lock (_gate)
        {
            if (port < _next)
                _free.Add(port);
        }
    }

    private int? Lowest()
    {
        if (_free.Count > 0)
        {
            var lowest = _free.Min;
            _free.Remove(lowest);
            return lowest;
        }
        return _next <= range.Last ? _next++ : null;
    }
}
