using ChatServer.Contracts;

namespace ChatServer.Tokens;

/// <summary>The rooms that a token opens: a room's name, or the beginning of names and <c>*</c>.</summary>
public sealed record RoomPattern
{
    private const char AnyEnd = '*';

    private readonly string _text;

    private RoomPattern(string text) => _text = text;

    /// <summary>The name if the pattern is one room, else null.</summary>
    public string? Name => _text.EndsWith(AnyEnd) ? null : _text;

    /// <summary>The pattern that <paramref name="text"/> contains; null if no room can match it. <c>*</c> matches all rooms.</summary>
    public static RoomPattern? Parse(string? text) =>
        RoomNames.IsValid(text) || text == "*" || (text is [.. var prefix, AnyEnd] && RoomNames.IsValid(prefix)) ? new(text!) : null;

    /// <summary>Whether the pattern contains a room.</summary>
    public bool Matches(string room) =>
        _text.EndsWith(AnyEnd) ? room.AsSpan().StartsWith(_text.AsSpan(0, _text.Length - 1), StringComparison.Ordinal) : room == _text;

    /// <summary>The pattern as a claim has it.</summary>
    public override string ToString() => _text;
}
