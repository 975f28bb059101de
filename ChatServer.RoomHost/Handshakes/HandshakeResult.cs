namespace ChatServer.RoomHost.Handshakes;

/// <summary>The result of validating a request as a WebSocket handshake.</summary>
internal enum HandshakeKind
{
    /// <summary>A request without a WebSocket upgrade.</summary>
    None,

    /// <summary>A handshake to be answered with 101.</summary>
    Accepted,

    /// <summary>A handshake to be answered with an error.</summary>
    Refused,
}

/// <summary>The result of <see cref="Handshake.Check"/>; the default is a request without an upgrade.</summary>
internal readonly record struct HandshakeResult
{
    public HandshakeKind Kind { get; private init; }

    /// <summary>101 if accepted, otherwise the status of the refusal: 400, 403 or 426.</summary>
    public int Status { get; private init; }

    /// <summary>Code of the refusal: <c>bad-handshake</c>, <c>unsupported-version</c> or <c>origin-not-allowed</c>.</summary>
    public string? Code { get; private init; }

    /// <summary>The refusal, for a person.</summary>
    public string? Detail { get; private init; }

    /// <summary>The selected subprotocol; null if the client offered no known one.</summary>
    public string? SubProtocol { get; private init; }

    /// <summary>The selected extensions, as the answer states them; null if the client offered no known one.</summary>
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
