using System.Net.Sockets;
using ChatServer.Broadcast.Connections;

namespace ChatServer.RoomHost.Hosting;

/// <summary>The ports of <c>ROOM_PORTS</c>. A room gets the lowest free port. May be called from any thread.</summary>
internal sealed partial class PortPool(RoomPorts ports, (int First, int Last) range, TimeProvider time, ILogger<PortPool> logger)
{
    // A port that another process holds is tried again after this time. Outgoing connections of the system may use the same range.
    private static readonly TimeSpan RetryTakenPortAfter = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly SortedSet<int> _free = [];
    private readonly Queue<(int Port, long Since)> _takenElsewhere = [];
    private int _nextUnused = range.First;

    /// <summary>
    /// Opens <paramref name="preferred"/> if it is in the range and free, else the lowest free port. Returns null if there is none, or
    /// if the process has no free socket.
    /// </summary>
    public int? Open(object room, int preferred)
    {
        lock (_gate)
        {
            try
            {
                if (preferred < range.First || preferred > range.Last || ports.Open(preferred, room) is null)
                    return OpenLowest(room);
                _free.Remove(preferred);
                return preferred;
            }
            catch (SocketException e)
            {
                Log.OpenFailed(logger, e.SocketErrorCode);
                return null;
            }
            catch (ObjectDisposedException)
            {
                // The process stops, and its listener has stopped.
                return null;
            }
        }
    }

    /// <summary>Closes a port. It is free afterwards.</summary>
    public void Close(int port)
    {
        lock (_gate)
        {
            ports.Close(port);
            if (port < _nextUnused)
                _free.Add(port);
        }
    }

    private int? OpenLowest(object room)
    {
        while (_takenElsewhere.TryPeek(out var taken) && time.GetElapsedTime(taken.Since) >= RetryTakenPortAfter)
            _free.Add(_takenElsewhere.Dequeue().Port);
        while (Lowest() is { } port)
        {
            // Removed after the attempt: an attempt that throws does not consume the port.
            var opened = ports.Open(port, room);
            if (!_free.Remove(port))
                _nextUnused = port + 1;
            if (opened is not null)
                return port;
            if (!ports.IsOpen(port))
                _takenElsewhere.Enqueue((port, time.GetTimestamp()));
        }
        return null;
    }

    private int? Lowest() => _free.Count > 0 ? _free.Min : _nextUnused <= range.Last ? _nextUnused : null;

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "Cannot open a room port ({Error}); the room is refused.")]
        public static partial void OpenFailed(ILogger logger, SocketError error);
    }
}
