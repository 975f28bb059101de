namespace ChatServer.RoomHost.Handshakes;

/// <summary>What a request is, judged as a WebSocket handshake.</summary>
public enum HandshakeKind
{
    /// <summary>Not a handshake: an ordinary request.</summary>
    None,

    /// <summary>A handshake that the server can answer with 101.</summary>
    Accepted,

    /// <summary>A handshake that is answered with an error.</summary>
    Refused,
}

/// <summary>The judgement of <see cref="Handshake.Check"/>; the default is an ordinary request.</summary>
public readonly record struct HandshakeResult
{
    public HandshakeKind Kind { get; private init; }

    /// <summary>101 when accepted, else the HTTP status of the refusal: 400, 403 or 426.</summary>
    public int Status { get; private init; }

    /// <summary>The refusal for scripts (<c>bad-handshake</c>, <c>unsupported-version</c>, <c>origin-not-allowed</c>).</summary>
    public string? Code { get; private init; }

    /// <summary>The refusal for people.</summary>
    public string? Detail { get; private init; }

    /// <summary>The subprotocol to speak; null when the client offered none that is known.</summary>
    public string? SubProtocol { get; private init; }

    /// <summary>The extensions to speak, as the answer names them; null when none was offered that is known.</summary>
    public string? Extensions { get; private init; }

    internal string? AcceptKey { get; private init; }

    internal static HandshakeResult Accept(string acceptKey, string? subProtocol, string? extensions) => new()
    {
        Kind = HandshakeKind.Accepted,
        Status = StatusCodes.Status101SwitchingProtocols,
        AcceptKey = acceptKey,
        SubProtocol = subProtocol,
        Extensions = extensions,
    };

    internal static HandshakeResult Refuse(int status, string code, string detail) =>
        new() { Kind = HandshakeKind.Refused, Status = status, Code = code, Detail = detail };
}
