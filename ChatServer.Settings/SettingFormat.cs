using System.Diagnostics.CodeAnalysis;

namespace ChatServer.Settings;

/// <summary>Reads a value from text without white space around it.</summary>
public delegate bool SettingParser<T>(string text, [MaybeNullWhen(false)] out T value);

/// <summary>The values that a setting can have.</summary>
/// <param name="Description">The values in words, with unit and bounds; completes the sentence "PORT must be …".</param>
/// <param name="TryParse">Reads such a value.</param>
public sealed record SettingFormat<T>(string Description, SettingParser<T> TryParse);
