using System.Buffers;
using System.Text;
using System.Text.Json;

namespace ChatServer.Contracts;

/// <summary>
/// Profiles of people: a JSON object of at most <see cref="MaxBytes"/> bytes with <c>avatar</c> and anything else that a page shows. The
/// server hands it on as it is.
/// </summary>
public static class Profiles
{
    /// <summary>Maximum size, in bytes of UTF-8 without white space between values.</summary>
    public const int MaxBytes = 1024;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    /// <summary>What a profile must be, for error messages.</summary>
    public static string Rule { get; } = $"a JSON object of at most {MaxBytes} bytes, without repeated members, nested at most 8 times";

    /// <summary>Returns the profile without white space between values, or null if it is not allowed.</summary>
    public static string? Normalize(JsonElement profile)
    {
        if (profile.ValueKind != JsonValueKind.Object)
            return null;
        try
        {
            var json = new ArrayBufferWriter<byte>(MaxBytes);
            using (var writer = new Utf8JsonWriter(json, new JsonWriterOptions { Encoder = ContractJson.Options.Encoder }))
                profile.WriteTo(writer);
            if (json.WrittenCount > MaxBytes)
                return null;
            using var _ = JsonDocument.Parse(json.WrittenMemory, Strict);
            return Encoding.UTF8.GetString(json.WrittenSpan);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the latter for a lone surrogate
        {
            return null;
        }
    }
}
