namespace ChatServer.Contracts;

/// <summary>The <c>code</c> of a problem that an HTTP API answers. Scripts switch on these.</summary>
public static class ErrorCodes
{
    public const string Unauthorized = "unauthorized";
    public const string InvalidRoomName = "invalid-room-name";
    public const string BadRequest = "bad-request";
    public const string InvalidJson = "invalid-json";
    public const string InvalidBody = "invalid-body";
    public const string InvalidQuery = "invalid-query";
    public const string RoomNotFound = "room-not-found";
    public const string HostNotFound = "host-not-found";
    public const string NotFound = "not-found";
    public const string MethodNotAllowed = "method-not-allowed";
    public const string UnsupportedMediaType = "unsupported-media-type";
    public const string PayloadTooLarge = "payload-too-large";
    public const string NoCapacity = "no-capacity";
    public const string RateLimited = "rate-limited";
    public const string RedisUnavailable = "redis-unavailable";
    public const string RoomUnavailable = "room-unavailable";
    public const string ShuttingDown = "shutting-down";
    public const string RoomFull = "room-full";
    public const string OriginNotAllowed = "origin-not-allowed";
    public const string NotReady = "not-ready";
    public const string Unavailable = "unavailable";
    public const string InvalidRegistration = "invalid-registration";
    public const string NoApi = "no-api";
    public const string InternalError = "internal-error";
}

/// <summary>The <c>code</c> of an <c>error</c> event in a room. The connection stays open.</summary>
public static class RoomErrorCodes
{
    public const string InvalidJson = "invalid-json";
    public const string UnknownType = "unknown-type";
    public const string InvalidMessage = "invalid-message";
    public const string TooLong = "too-long";
    public const string RateLimited = "rate-limited";
    public const string Muted = "muted";
    public const string ReadOnly = "read-only";
    public const string Unavailable = "unavailable";
}
