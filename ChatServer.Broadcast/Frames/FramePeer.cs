namespace ChatServer.Broadcast.Frames;

/// <summary>The sender of the frames that a <see cref="FrameReader"/> parses: it decides which frames are valid.</summary>
public enum FramePeer
{
    /// <summary>A member: masked frames, text only.</summary>
    Member,

    /// <summary>A load balancer's relay: masked frames, text and binary.</summary>
    Relay,

    /// <summary>A server: unmasked frames, text and binary.</summary>
    Server,
}
