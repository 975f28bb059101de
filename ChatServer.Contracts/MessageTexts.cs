namespace ChatServer.Contracts;

/// <summary>What may be said in a room: 1 to <see cref="Limits.MaxTextLength"/> characters, any of them.</summary>
public static class MessageTexts
{
    /// <summary>Whether <paramref name="text"/> may be said.</summary>
    public static bool IsValid(string? text) => text is { Length: > 0 } && !CharacterCount.Exceeds(Limits.MaxTextLength, text);
}
