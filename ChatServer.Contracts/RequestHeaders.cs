namespace ChatServer.Contracts;

/// <summary>Request headers of the HTTP APIs.</summary>
public static class RequestHeaders
{
    /// <summary>Contains the API key of the caller.</summary>
    public const string ApiKey = "X-API-Key";

    /// <summary>Contains the session of a member that asks whether it is banned.</summary>
    public const string Session = "X-Session";
}
