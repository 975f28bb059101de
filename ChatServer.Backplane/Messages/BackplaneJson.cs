using System.Text.Json;
using ChatServer.Contracts;

namespace ChatServer.Backplane;

/// <summary>How processes write to each other.</summary>
internal static class BackplaneJson
{
    private static readonly JsonSerializerOptions Options = new(ContractJson.Options)
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowOutOfOrderMetadataProperties = true,
    };

    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);

    /// <summary>
    /// Null for what is not a <typeparamref name="T"/>: anyone who can publish can write nonsense, and a newer process may send what
    /// this one does not know.
    /// </summary>
    public static T? TryRead<T>(string json) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Options);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException) // the latter: an object without a kind
        {
            return null;
        }
    }
}
