using System.Text.Json;

namespace ChatServer.LoadBalancer.Edge;

/// <summary>A frame of a member that the room has neither carried out nor refused yet.</summary>
/// <param name="Number">Its number, counted from 1 for each member.</param>
/// <param name="IsPing">Whether it is a ping; otherwise it is a text.</param>
/// <param name="Bytes">Its payload.</param>
internal sealed record UnacknowledgedFrame(uint Number, bool IsPing, byte[] Bytes)
{
    /// <summary>Whether it was given to the relay that is connected now.</summary>
    public bool IsSent { get; set; }

    /// <summary>Whether it was given to an earlier relay.</summary>
    public bool IsResent { get; set; }

    /// <summary>Whether the room has answered it.</summary>
    public bool IsAcknowledged { get; set; }

    /// <summary>Hosts that failed while they had it.</summary>
    public int Failures { get; set; }

    /// <summary>The value of <c>id</c>; null if the frame has none. A frame without it must not be sent twice.</summary>
    public string? Id()
    {
        try
        {
            using var json = JsonDocument.Parse(Bytes);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("id", out var id)
                && id.ValueKind == JsonValueKind.String ? id.GetString() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}

/// <summary>
/// The frames of one member, oldest first, until the room acknowledges them. The member's connection adds; the room's turn sends and
/// removes.
/// </summary>
/// <param name="member">Identifies the member in the relay.</param>
internal sealed class UnacknowledgedFrames(uint member)
{
    /// <summary>Bytes above which nothing more is read from the member.</summary>
    public const int MaxBytes = 128 * 1024;

    /// <summary>Failures of hosts after which a frame is not sent again: it may be their cause.</summary>
    private const int MaxFailures = 2;

    // Counted for each frame beside its bytes, so that many small frames are bounded too.
    private const int OverheadBytes = 64;

    private readonly Lock _gate = new();
    private readonly List<UnacknowledgedFrame> _frames = [];
    private uint _lastNumber;
    private int _bytes;

    /// <summary>Identifies the member in the relay.</summary>
    public uint Member => member;

    /// <summary>Whether they are in the <see cref="MemberFrameQueue"/>, which sets it.</summary>
    public bool IsQueued { get; set; }

    /// <summary>Whether more may be read from the member.</summary>
    public bool HasSpace
    {
        get
        {
            lock (_gate)
                return _bytes < MaxBytes;
        }
    }

    /// <summary>Adds a frame.</summary>
    public void Add(bool isPing, ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            _frames.Add(new UnacknowledgedFrame(++_lastNumber, isPing, bytes.ToArray()));
            _bytes += bytes.Length + OverheadBytes;
        }
    }

    /// <summary>Gives the frames that the relay does not have yet, in their order.</summary>
    public void SendAll(Action<UnacknowledgedFrame> send)
    {
        lock (_gate)
        {
            foreach (var frame in _frames)
            {
                if (!frame.IsSent)
                    send(frame);
                frame.IsSent = true;
            }
        }
    }

    /// <summary>The room has answered a frame.</summary>
    public void Acknowledge(uint number)
    {
        lock (_gate)
        {
            // The numbers are consecutive. The frame of an older relay may be gone.
            if (_frames.Count > 0 && number - _frames[0].Number is var index && index < (uint)_frames.Count)
                _frames[(int)index].IsAcknowledged = true;
            RemoveAcknowledged();
        }
    }

    /// <summary>
    /// The relay was lost. Frames that it had and that may be sent again are sent to the next one; the others are removed, because they
    /// have no <c>id</c>, or because several hosts failed with them.
    /// </summary>
    /// <param name="hostFailed">Whether the host failed; otherwise the room moved.</param>
    /// <returns>The ids of frames that were removed although they have one.</returns>
    public IReadOnlyList<string> OnRelayLost(bool hostFailed)
    {
        List<string> refused = [];
        lock (_gate)
        {
            foreach (var frame in _frames.Where(frame => frame is { IsSent: true, IsAcknowledged: false }))
            {
                frame.IsSent = false;
                frame.IsResent = true;
                frame.Failures += hostFailed ? 1 : 0;
                if (frame.IsPing)
                    continue; // harmless to repeat
                var id = frame.Id();
                if (id is not null && frame.Failures < MaxFailures)
                    continue;
                frame.IsSent = frame.IsAcknowledged = true;
                if (id is not null)
                    refused.Add(id);
            }
            RemoveAcknowledged();
        }
        return refused;
    }

    private void RemoveAcknowledged()
    {
        var count = 0;
        while (count < _frames.Count && _frames[count].IsAcknowledged)
            _bytes -= _frames[count++].Bytes.Length + OverheadBytes;
        _frames.RemoveRange(0, count);
    }
}
