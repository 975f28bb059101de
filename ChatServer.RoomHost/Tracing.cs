using System.Diagnostics;

namespace ChatServer.RoomHost;

/// <summary>The source of this project's spans.</summary>
internal static class Tracing
{
    public static readonly ActivitySource Source = new("ChatServer.RoomHost");
}
