namespace ChatServer.Tokens;

/// <summary>The origin of keys cannot be reached, and its keys were never read.</summary>
public sealed class TokenKeysUnavailableException() : Exception("The keys of the token cannot be read.");
