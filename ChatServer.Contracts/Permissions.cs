using System.Text.Json;
using System.Text.Json.Serialization;

namespace ChatServer.Contracts;

/// <summary>What the holder of a join token may do in a room. In JSON an array of names: <c>["read","write"]</c>.</summary>
[Flags]
[JsonConverter(typeof(PermissionsConverter))]
public enum Permissions
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Join, and read the history; <c>read</c>.</summary>
    Read = 1,

    /// <summary>Send messages; <c>write</c>.</summary>
    Write = 2,

    /// <summary>Remove members and messages; <c>moderate</c>.</summary>
    Moderate = 4,
}

/// <summary>The names of <see cref="Permissions"/> in JSON.</summary>
public static class PermissionNames
{
    private static readonly (Permissions Permission, string Name)[] All =
        [(Permissions.Read, "read"), (Permissions.Write, "write"), (Permissions.Moderate, "moderate")];

    /// <summary>The permission with a name; <see cref="Permissions.None"/> if there is none.</summary>
    public static Permissions Parse(string? name) => Array.Find(All, one => one.Name == name).Permission;

    /// <summary>The names of permissions, in the order read, write, moderate.</summary>
    public static IReadOnlyList<string> Format(Permissions permissions) =>
        [.. All.Where(one => permissions.HasFlag(one.Permission)).Select(one => one.Name)];
}

/// <summary>Reads and writes an array of names. An unknown name is an error.</summary>
internal sealed class PermissionsConverter : JsonConverter<Permissions>
{
    public override Permissions Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new JsonException("Permissions are an array of names.");
        var permissions = Permissions.None;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var one = reader.TokenType == JsonTokenType.String ? PermissionNames.Parse(reader.GetString()) : Permissions.None;
            permissions |= one == Permissions.None ? throw new JsonException("A permission is read, write or moderate.") : one;
        }
        return permissions;
    }

    public override void Write(Utf8JsonWriter writer, Permissions value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var name in PermissionNames.Format(value))
            writer.WriteStringValue(name);
        writer.WriteEndArray();
    }
}
