using ChatServer.Broadcast.Relays;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Relays;

/// <summary>The answer to a handshake that a load balancer received: a join with the headers of the 101, or a refusal.</summary>
internal sealed record RelayAdmission(AdmittedJoin? Join, IReadOnlyList<KeyValuePair<string, string>> Headers, RelayRefused? Refused);
