using ChatServer.Settings;

namespace ChatServer.Tests.Deploy;

/// <summary>Settings that a file of <c>deploy/</c> gives to a service.</summary>
internal static class ServiceSettings
{
    private static readonly Dictionary<string, SettingReaders> Readers = new()
    {
        ["api"] = SettingReaders.Api,
        ["admin"] = SettingReaders.Admin,
        ["roomhost"] = SettingReaders.RoomHost,
        ["loadbalancer"] = SettingReaders.LoadBalancer,
    };

    /// <summary>The services, as the files name them.</summary>
    public static IEnumerable<string> Services => Readers.Keys;

    /// <summary>
    /// Checks that the service reads every variable, that each value is valid, and that every required one is there. An empty value is one
    /// that the operator must replace.
    /// </summary>
    public static void Check(string service, IReadOnlyDictionary<string, string> variables)
    {
        var settings = ServerSettings.Of(Readers[service]).ToDictionary(setting => setting.Name);
        Assert.Empty(variables.Keys.Except(settings.Keys));
        foreach (var (name, value) in variables)
        {
            if (value.Length > 0)
                settings[name].Check(_ => value);
        }
        Assert.Empty(settings.Values.Where(setting => setting.IsRequired).Select(setting => setting.Name).Except(variables.Keys));
    }
}
