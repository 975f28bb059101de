namespace ChatServer.Contracts;

/// <summary>The rule for texts of messages: 1 to <see cref="Limits.MaxTextLength"/> characters of any kind.</summary>
public static class MessageTexts
{
    /// <summary>Whether <paramref name="text"/> is a valid text.</summary>
    public static bool IsValid(string? text) => text is { Length: > 0 } && !CharacterCount.Exceeds(Limits.MaxTextLength, text);
}
