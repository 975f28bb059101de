namespace ChatServer.Contracts;

/// <summary>The values of <c>code</c> in problems of the HTTP APIs, for scripts to switch on.</summary>
public static class ErrorCodes
{
    /// <summary>401: the key or token is missing or invalid.</summary>
    public const string Unauthorized = "unauthorized";

    /// <summary>400: the room name is invalid.</summary>
    public const string InvalidRoomName = "invalid-room-name";

    /// <summary>400: the request is malformed.</summary>
    public const string BadRequest = "bad-request";

    /// <summary>400: the header <c>Host</c> is not a host name.</summary>
    public const string InvalidHost = "invalid-host";

    /// <summary>400: the service does not answer under this host name.</summary>
    public const string HostNotAllowed = "host-not-allowed";

    /// <summary>400: the body is not JSON.</summary>
    public const string InvalidJson = "invalid-json";

    /// <summary>400: the body has an unknown or missing member, or an invalid value.</summary>
    public const string InvalidBody = "invalid-body";

    /// <summary>400: a parameter of the query is invalid.</summary>
    public const string InvalidQuery = "invalid-query";

    /// <summary>400: the user name is in <c>RESERVED_NAMES</c>; only the holder of a token may use it.</summary>
    public const string ReservedName = "reserved-name";

    /// <summary>404: the room does not exist.</summary>
    public const string RoomNotFound = "room-not-found";

    /// <summary>404: there is no live RoomHost with this id.</summary>
    public const string HostNotFound = "host-not-found";

    /// <summary>404: the path does not exist.</summary>
    public const string NotFound = "not-found";

    /// <summary>405: the path does not support the method.</summary>
    public const string MethodNotAllowed = "method-not-allowed";

    /// <summary>415: the body is not <c>application/json</c>.</summary>
    public const string UnsupportedMediaType = "unsupported-media-type";

    /// <summary>413: the body is too large.</summary>
    public const string PayloadTooLarge = "payload-too-large";

    /// <summary>414: the path with its query is too long.</summary>
    public const string UriTooLong = "uri-too-long";

    /// <summary>431: the header fields are too large or too many.</summary>
    public const string HeadersTooLarge = "headers-too-large";

    /// <summary>503: no RoomHost can open another room.</summary>
    public const string NoCapacity = "no-capacity";

    /// <summary>429: too many requests or connections.</summary>
    public const string RateLimited = "rate-limited";

    /// <summary>503: Redis does not respond.</summary>
    public const string RedisUnavailable = "redis-unavailable";

    /// <summary>503: the host of the room does not respond.</summary>
    public const string RoomUnavailable = "room-unavailable";

    /// <summary>503: the server is shutting down.</summary>
    public const string ShuttingDown = "shutting-down";

    /// <summary>429: the room has its maximum number of members.</summary>
    public const string RoomFull = "room-full";

    /// <summary>403: the token is valid and lacks the permission.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>403: the origin of the page is not allowed.</summary>
    public const string OriginNotAllowed = "origin-not-allowed";

    /// <summary>403: the user is banned from the room.</summary>
    public const string Banned = "banned";

    /// <summary>404: the room has no such message.</summary>
    public const string NoSuchMessage = "no-such-message";

    /// <summary>404: no member has this name.</summary>
    public const string NoSuchMember = "no-such-member";

    /// <summary>409: members of several rooms have this name; state the <c>uid</c>.</summary>
    public const string AmbiguousUser = "ambiguous-user";

    /// <summary>409: there are 10,000 bans and mutes in force.</summary>
    public const string TooManySanctions = "too-many-sanctions";

    /// <summary>503: a health check failed.</summary>
    public const string NotReady = "not-ready";

    /// <summary>502, 503 or 504: a service behind this one does not respond.</summary>
    public const string Unavailable = "unavailable";

    /// <summary>400: a heartbeat of an Api is malformed.</summary>
    public const string InvalidRegistration = "invalid-registration";

    /// <summary>403: the address of an Api is outside of <c>API_NETWORKS</c>.</summary>
    public const string ApiNotAllowed = "api-not-allowed";

    /// <summary>502: no Api answers at the address that is to be registered.</summary>
    public const string ApiNotVerified = "api-not-verified";

    /// <summary>503: no Api is available.</summary>
    public const string NoApi = "no-api";

    /// <summary>500: a defect in the server.</summary>
    public const string InternalError = "internal-error";
}

/// <summary>The values of <c>code</c> in <c>error</c> events of a room. The connection stays open.</summary>
public static class RoomErrorCodes
{
    /// <summary>The frame is not a JSON object.</summary>
    public const string InvalidJson = "invalid-json";

    /// <summary>The <c>type</c> of the frame is unknown.</summary>
    public const string UnknownType = "unknown-type";

    /// <summary>A member of the frame is missing or invalid.</summary>
    public const string InvalidMessage = "invalid-message";

    /// <summary>The text is too long.</summary>
    public const string TooLong = "too-long";

    /// <summary>The connection exceeds its rate of messages.</summary>
    public const string RateLimited = "rate-limited";

    /// <summary>Slow mode: the user sent its last message too short a time ago.</summary>
    public const string SlowMode = "slow-mode";

    /// <summary>The member is muted.</summary>
    public const string Muted = "muted";

    /// <summary>The member may not write in the room.</summary>
    public const string ReadOnly = "read-only";

    /// <summary>The room has no such message, or it was deleted.</summary>
    public const string NoSuchMessage = "no-such-message";

    /// <summary>The message belongs to another user.</summary>
    public const string NotYours = "not-yours";

    /// <summary>The member lacks the permission.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>The room cannot reach Redis.</summary>
    public const string Unavailable = "unavailable";
}
