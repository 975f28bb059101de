using ChatServer.Broadcast.Connections;
using ChatServer.Broadcast.Relays;

namespace ChatServer.LoadBalancer.Edge;

/// <summary>A handshake that waits for the answer of the room's host.</summary>
/// <param name="number">Identifies the future member in the relay.</param>
/// <param name="request">The handshake.</param>
/// <param name="connection">Its connection.</param>
/// <param name="arrivedAt">When it arrived: a timestamp.</param>
internal sealed class EdgeJoin(uint number, RelayJoin request, RoomConnection connection, long arrivedAt)
{
    private readonly TaskCompletionSource<EdgeJoinAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Identifies the future member in the relay.</summary>
    public uint Number => number;

    public RelayJoin Request => request;

    public RoomConnection Connection => connection;

    /// <summary>When it arrived: a timestamp.</summary>
    public long ArrivedAt => arrivedAt;

    /// <summary>Whether the host has it. Only <see cref="EdgeJoins"/> uses it.</summary>
    public bool IsSent { get; set; }

    /// <summary>Completes with the answer.</summary>
    public Task<EdgeJoinAnswer> Answer => _answer.Task;

    public void SetAnswer(EdgeJoinAnswer answer) => _answer.SetResult(answer);

    public void SetException(Exception error) => _answer.SetException(error);
}

/// <summary>
/// The answer to a handshake: a member and the headers of the 101, a refusal of the host, or neither, if there is no such room.
/// </summary>
internal sealed record EdgeJoinAnswer(EdgeMember? Member, IReadOnlyList<KeyValuePair<string, string>> Headers, RelayRefused? Refused)
{
    public static EdgeJoinAnswer NoSuchRoom { get; } = new(null, [], null);
}
