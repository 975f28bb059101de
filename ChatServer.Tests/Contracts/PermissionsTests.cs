using System.Text.Json;
using ChatServer.Contracts;

namespace ChatServer.Tests.Contracts;

public sealed class PermissionsTests
{
    [Theory]
    [InlineData("[]", Permissions.None)]
    [InlineData("""["read"]""", Permissions.Read)]
    [InlineData("""["read","write","moderate"]""", Permissions.Read | Permissions.Write | Permissions.Moderate)]
    public void Permissions_are_an_array_of_names(string json, Permissions permissions)
    {
        Assert.Equal(permissions, JsonSerializer.Deserialize<Permissions>(json, ContractJson.Options));
        Assert.Equal(json, JsonSerializer.Serialize(permissions, ContractJson.Options));
    }

    [Theory]
    [InlineData("3")]
    [InlineData("\"read\"")]
    [InlineData("null")]
    [InlineData("[1]")]
    [InlineData("[null]")]
    [InlineData("""["Read"]""")]
    [InlineData("""["read",["write"]]""")]
    [InlineData("""["read,write"]""")]
    public void Unknown_permission_is_an_error(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Permissions>(json, ContractJson.Options));
}
