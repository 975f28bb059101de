using ChatServer.Backplane.Rooms;

namespace ChatServer.RoomHost.Rooms;

/// <summary>Why a room stopped working and must be reopened from its log.</summary>
/// <param name="Append">The result of the append that the log refused; null if there is none.</param>
/// <param name="Error">The exception, if there is one.</param>
/// <param name="IsFault">Whether the room's own code failed: its state in memory may be damaged.</param>
internal sealed record RoomFailure(AppendResult? Append, Exception? Error, bool IsFault = false);
