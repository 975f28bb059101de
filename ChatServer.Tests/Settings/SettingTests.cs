using ChatServer.Settings;

namespace ChatServer.Tests.Settings;

public sealed class SettingTests
{
    [Fact]
    public void A_process_reads_at_most_one_setting_of_a_name() => Assert.All(
        Enum.GetValues<SettingReaders>().Where(reader => int.IsPow2((int)reader)),
        reader => Assert.Distinct(ServerSettings.Of(reader).Select(setting => setting.Name)));

    [Fact]
    public void Every_default_is_valid() => Assert.All(
        ServerSettings.All.Where(setting => !setting.IsRequired), setting => setting.Check(_ => null));

    [Fact]
    public void Every_default_of_the_AppHost_is_valid() => Assert.All(
        ServerSettings.All.Where(setting => setting.AppHost?.Value is not null), setting => setting.Check(_ => setting.AppHost!.Value));

    [Fact]
    public void The_table_contains_every_setting_that_it_defines() => Assert.Equal(
        typeof(ServerSettings).GetFields().Select(field => field.GetValue(null)).Where(value => value is Setting).ToHashSet(),
        ServerSettings.All.ToHashSet<object?>());

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    public void A_required_setting_that_is_missing_or_empty_is_named(string? value)
    {
        var error = Assert.Throws<StartupException>(() => ServerSettings.ApiKeys.Read(_ => value));
        Assert.Equal("KEY is not set; it must be a key, or several, comma-separated.", error.Message);
    }

    [Fact]
    public void A_list_of_keys_without_a_key_is_refused()
    {
        var error = Assert.Throws<StartupException>(() => ServerSettings.ApiKeys.Parse(" , ,"));
        Assert.Equal("KEY must be a key, or several, comma-separated.", error.Message);
    }

    [Fact]
    public void The_message_about_a_secret_does_not_contain_its_value() =>
        Assert.DoesNotContain(",;", Assert.Throws<StartupException>(() => Secret.Parse(",;")).Message, StringComparison.Ordinal);

    [Fact]
    public void Empty_entries_of_a_list_are_skipped() =>
        Assert.Equal(["new-key", "old-key"], ServerSettings.ApiKeys.Parse(", new-key,old-key"));

    [Theory]
    [InlineData(" 7 ", 7)]
    [InlineData("", 10_000)]
    [InlineData(" ", 10_000)]
    [InlineData(null, 10_000)]
    public void White_space_around_a_value_is_ignored_and_an_empty_value_is_the_default(string? value, int rooms) =>
        Assert.Equal(rooms, ServerSettings.MaxRooms.Read(_ => value));

    [Fact]
    public void Two_underscores_in_a_name_are_a_colon_in_the_configuration() =>
        Assert.Equal("localhost", ServerSettings.Redis.Read(key => key == "ConnectionStrings:redis" ? "localhost" : null));

    private static Setting<int> Secret => new("SECRET", SettingReaders.Api, SettingFormats.Port, null, "") { IsSecret = true };
}
