using System.Text.Json;
using ChatServer.Contracts;

namespace ChatServer.LoadBalancer.Edge;

/// <summary>Errors that a load balancer sends to a member in place of the room's host.</summary>
internal static class EdgeErrors
{
    /// <summary>The <c>error</c> for a frame that is not sent again, because hosts failed while they had it.</summary>
    public static byte[] Unavailable(string id) => JsonSerializer.SerializeToUtf8Bytes(
        new
        {
            Type = "error",
            Code = RoomErrorCodes.Unavailable,
            Message = "The room failed while it handled this frame; send it again if needed.",
            Id = id,
        },
        ContractJson.Options);
}
