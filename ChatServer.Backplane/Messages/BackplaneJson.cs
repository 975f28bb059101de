using System.Text.Json;
using ChatServer.Contracts;

namespace ChatServer.Backplane.Messages;

/// <summary>The JSON of commands and replies.</summary>
internal static class BackplaneJson
{
    private static readonly JsonSerializerOptions Options = new(ContractJson.Options)
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowOutOfOrderMetadataProperties = true,
    };

    /// <summary>Serializes <paramref name="value"/>.</summary>
    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);

    /// <summary>
    /// Deserializes a <typeparamref name="T"/>. Returns null for other content: any client of Redis can publish, and a newer process may
    /// send a kind that this one does not know.
    /// </summary>
    public static T? TryRead<T>(string json) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Options);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException) // NotSupportedException: an object without a kind
        {
            return null;
        }
    }
}
