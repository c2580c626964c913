// Command devserver is a Temporal development server. It answers the flags that the Temporal SDKs
// pass to `temporal server start-dev`, so they can use it where the official CLI is not to be had.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"net"
	"os"
	"strings"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	uioptions "github.com/temporalio/ui-server/v2/server/server_options"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/schema/sqlite"
	"go.temporal.io/server/temporal"
)

const (
	clusterName = "active"
	clusterID   = "7c1e4c46-8c5c-4bd0-a9b0-2fc6a26f4f0a"
	storeName   = "sqlite"
)

type options struct {
	ip, namespace, dbFilename, logLevel string
	port, uiPort                        int
	headless                            bool
	dynamicConfig                       dynamicConfigValues
	searchAttributes                    searchAttributes
}

type dynamicConfigValues map[string]any

func (v dynamicConfigValues) String() string { return "" }

func (v dynamicConfigValues) Set(flagValue string) error {
	key, value, found := strings.Cut(flagValue, "=")
	if !found {
		return errors.New("want KEY=JSON")
	}
	var parsed any
	if err := json.Unmarshal([]byte(value), &parsed); err != nil {
		return fmt.Errorf("the value of %s is not JSON: %w", key, err)
	}
	if number, isNumber := parsed.(float64); isNumber && number == math.Trunc(number) {
		parsed = int(number) // the server takes no float for a count
	}
	v[key] = parsed
	return nil
}

type searchAttributes map[string]enums.IndexedValueType

func (v searchAttributes) String() string { return "" }

func (v searchAttributes) Set(flagValue string) error {
	name, typeName, found := strings.Cut(flagValue, "=")
	if !found {
		return errors.New("want NAME=TYPE")
	}
	attributeType, err := enums.IndexedValueTypeFromString(typeName)
	v[name] = attributeType
	return err
}

func parse(arguments []string) (options, error) {
	parsed := options{dynamicConfig: dynamicConfigValues{}, searchAttributes: searchAttributes{}}
	if len(arguments) < 2 || arguments[0] != "server" || arguments[1] != "start-dev" {
		return parsed, errors.New("usage: devserver server start-dev [flags]")
	}
	flags := flag.NewFlagSet("devserver server start-dev", flag.ContinueOnError)
	flags.StringVar(&parsed.ip, "ip", "127.0.0.1", "address to listen on")
	flags.IntVar(&parsed.port, "port", 7233, "gRPC port")
	flags.StringVar(&parsed.namespace, "namespace", "default", "namespace to create")
	flags.StringVar(&parsed.dbFilename, "db-filename", "", "SQLite file; in memory without it")
	flags.BoolVar(&parsed.headless, "headless", false, "no web UI")
	flags.IntVar(&parsed.uiPort, "ui-port", 0, "web UI port; gRPC port + 1000 without it")
	flags.StringVar(&parsed.logLevel, "log-level", "warn", "debug, info, warn or error")
	flags.String("log-format", "json", "accepted for the SDKs; logs are always JSON")
	flags.Var(parsed.dynamicConfig, "dynamic-config-value", "KEY=JSON, repeatable")
	flags.Var(parsed.searchAttributes, "search-attribute", "NAME=TYPE, repeatable")
	err := flags.Parse(arguments[2:])
	if parsed.uiPort == 0 {
		parsed.uiPort = parsed.port + 1000
	}
	return parsed, err
}

// internalPorts takes free ports for the services that only this process talks to. All stay bound
// until the last is found, so that no two are the same.
func internalPorts(ip string, count int) ([]int, error) {
	ports := make([]int, count)
	for i := range ports {
		listener, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
		if err != nil {
			return nil, err
		}
		defer listener.Close()
		ports[i] = listener.Addr().(*net.TCPAddr).Port
	}
	return ports, nil
}

func prepareStore(parsed options) (*config.SQL, error) {
	store := &config.SQL{PluginName: sqliteplugin.PluginName, DatabaseName: parsed.dbFilename}
	if parsed.dbFilename == "" {
		store.DatabaseName = "devserver"
		store.ConnectAttributes = map[string]string{"mode": "memory", "cache": "shared"}
	} else {
		store.ConnectAttributes = map[string]string{"mode": "rwc", "journal_mode": "wal", "synchronous": "2"}
		if _, err := os.Stat(parsed.dbFilename); errors.Is(err, os.ErrNotExist) {
			if err := sqlite.SetupSchema(store); err != nil {
				return nil, err
			}
		}
	}
	namespace, err := sqlite.NewNamespaceConfig(clusterName, parsed.namespace, false, parsed.searchAttributes)
	if err != nil {
		return nil, err
	}
	return store, sqlite.CreateNamespaces(store, namespace)
}

func serverConfig(parsed options, store *config.SQL) (*config.Config, error) {
	ports, err := internalPorts(parsed.ip, 4)
	if err != nil {
		return nil, err
	}
	service := func(port int) config.Service {
		return config.Service{RPC: config.RPC{GRPCPort: port, BindOnIP: parsed.ip}}
	}
	frontend := service(parsed.port)
	frontend.RPC.HTTPPort = ports[3]
	address := net.JoinHostPort(parsed.ip, fmt.Sprint(parsed.port))
	disabled := config.NamespaceDefaults{Archival: config.ArchivalNamespaceDefaults{
		History:    config.HistoryArchivalNamespaceDefaults{State: "disabled"},
		Visibility: config.VisibilityArchivalNamespaceDefaults{State: "disabled"},
	}}
	return &config.Config{
		Persistence: config.Persistence{
			DefaultStore: storeName, VisibilityStore: storeName, NumHistoryShards: 1,
			DataStores: map[string]config.DataStore{storeName: {SQL: store}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10, MasterClusterName: clusterName, CurrentClusterName: clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{clusterName: {
				Enabled: true, InitialFailoverVersion: 1, RPCAddress: address, ClusterID: clusterID,
			}},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services: map[string]config.Service{
			"frontend": frontend, "history": service(ports[0]), "matching": service(ports[1]), "worker": service(ports[2]),
		},
		Archival: config.Archival{
			History:    config.HistoryArchival{State: "disabled"},
			Visibility: config.VisibilityArchival{State: "disabled"},
		},
		NamespaceDefaults: disabled,
		PublicClient:      config.PublicClient{HostPort: address},
	}, nil
}

func newServer(parsed options) (temporal.Server, error) {
	store, err := prepareStore(parsed)
	if err != nil {
		return nil, err
	}
	conf, err := serverConfig(parsed, store)
	if err != nil {
		return nil, err
	}
	hosts := map[primitives.ServiceName]static.Hosts{}
	for name, service := range conf.Services {
		hosts[primitives.ServiceName(name)] = static.SingleLocalHost(
			net.JoinHostPort(parsed.ip, fmt.Sprint(service.RPC.GRPCPort)))
	}
	logger := log.NewZapLogger(log.BuildZapLogger(log.Config{Stdout: false, Level: parsed.logLevel}))
	claimMapper, err := authorization.GetClaimMapperFromConfig(&conf.Global.Authorization, logger)
	if err != nil {
		return nil, err
	}
	dynamic := dynamicconfig.StaticClient{
		dynamicconfig.HistoryCacheHostLevelMaxSize.Key():                        8096,
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key():        100,
		dynamicconfig.FrontendMaxConcurrentLongRunningRequestsPerInstance.Key(): 4000,
	}
	for key, value := range parsed.dynamicConfig {
		dynamic[dynamicconfig.MakeKey(key)] = value
	}
	return temporal.NewServer(
		temporal.WithConfig(conf),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(hosts),
		temporal.WithLogger(logger),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper { return claimMapper }),
		temporal.WithDynamicConfigClient(dynamic),
		temporal.InterruptOn(temporal.InterruptCh()),
	)
}

func run(arguments []string) error {
	parsed, err := parse(arguments)
	if err != nil {
		return err
	}
	server, err := newServer(parsed)
	if err != nil {
		return err
	}
	if !parsed.headless {
		ui := uiserver.NewServer(uioptions.WithConfigProvider(&uiconfig.Config{
			Host: parsed.ip, Port: parsed.uiPort, EnableUI: true, HideLogs: true, DisableNewsFetch: true,
			TemporalGRPCAddress: net.JoinHostPort(parsed.ip, fmt.Sprint(parsed.port)),
			CORS:                uiconfig.CORS{CookieInsecure: true},
		}))
		defer ui.Stop()
		go func() {
			if err := ui.Start(); err != nil {
				fmt.Fprintln(os.Stderr, "devserver: the web UI stopped:", err)
			}
		}()
	}
	return server.Start()
}

func main() {
	if err := run(os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "devserver:", err)
		os.Exit(1)
	}
}
