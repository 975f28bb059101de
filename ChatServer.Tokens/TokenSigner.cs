using System.Buffers;
using System.Text;
using System.Text.Json;
using ChatServer.Contracts;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ChatServer.Tokens;

/// <summary>Signs join tokens (HS256).</summary>
public sealed class TokenSigner
{
    private static readonly JsonWebTokenHandler Handler = new() { SetDefaultTimesOnTokenCreation = false };

    private readonly SigningCredentials _credentials;
    private readonly TimeProvider _time;

    private TokenSigner(TokenKey key, TimeProvider time)
    {
        _credentials = new SigningCredentials(key.Key, key.Algorithm);
        _time = time;
    }

    /// <summary>Signs with a key derived from <c>KEY</c>; of several, the caller takes the first.</summary>
    public static TokenSigner OfApiKey(string key, TimeProvider time) => new(DerivedKeys.OfApiKey(key), time);

    /// <summary>Signs with a key derived from the Admin's secret.</summary>
    public static TokenSigner OfAdminSecret(string secret, TimeProvider time) => new(DerivedKeys.OfAdminSecret(secret), time);

    /// <summary>The token, with its claims in the order in which the documentation lists them.</summary>
    public string Sign(JoinToken token) => Handler.CreateToken(PayloadOf(token), _credentials);

    private string PayloadOf(JoinToken token)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json, new JsonWriterOptions { Encoder = ContractJson.Options.Encoder }))
        {
            writer.WriteStartObject();
            writer.WriteString("sub", token.Uid);
            writer.WriteString("name", token.Name);
            writer.WriteString("room", token.Room.ToString());
            writer.WriteNumber("iat", _time.GetUtcNow().ToUnixTimeSeconds());
            writer.WriteNumber("exp", token.ExpiresAt.ToUnixTimeSeconds());
            writer.WritePropertyName("permissions");
            JsonSerializer.Serialize(writer, token.Permissions, ContractJson.Options);
            if (token.Profile is not null)
            {
                writer.WritePropertyName("profile");
                writer.WriteRawValue(token.Profile);
            }
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(json.WrittenSpan);
    }
}
